"""No page clips or overlaps its words, in any language, size or look (spec 1.2, 7)."""

from __future__ import annotations

import pytest

from tests.ui import gallery
from tests.ui.clipping import faults
from tests.ui.studio import Studio


@pytest.mark.parametrize("scale", [100, 200])
@pytest.mark.parametrize("language", ["zh_TW", "en"])
def test_all_words_fit(studio: Studio, language: str, scale: int) -> None:
    studio.dress(language, "light", scale)
    found = {}
    for name in gallery.NAMES:
        studio.picture(name)
        problems = faults(studio.window)
        if problems:
            found[name] = problems
    assert not found
