"""How sentences stand one after the other."""

from __future__ import annotations

import pytest

from cardtool.ui.messages import sentences


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        (("It is safe.", "Try again.", "(C201)"), "It is safe. Try again. (C201)"),
        (("憑證是安全的。", "請再試一次。", "(C201)"), "憑證是安全的。請再試一次。(C201)"),
        (("", "Alone.", ""), "Alone."),
        ((), ""),
    ],
)
def test_spaces_follow_the_script(parts: tuple[str, ...], joined: str) -> None:
    assert sentences(*parts) == joined
