"""A window per test module, words that must exist, and no motion."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from cardtool.ui.context import Context
from cardtool.ui.messages import Messages
from cardtool.ui.theme import Theme
from tests.ui.studio import Studio, strict_words

collect_ignore = [] if sys.platform == "linux" else ["outside"]  # AT-SPI is spoken on Linux only


@pytest.fixture
def context(qapp: object) -> Context:
    theme = Theme(qapp, "light", 100)  # type: ignore[arg-type]
    theme.motion = lambda: False  # type: ignore[method-assign]
    return Context(Messages(strict_words, "zh_TW"), theme)


@pytest.fixture(scope="module")
def studio(qapp: object) -> Iterator[Studio]:
    made = Studio()
    yield made
    made.close()
