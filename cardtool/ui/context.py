"""What every widget is handed: words and look. There are no globals."""

from __future__ import annotations

from dataclasses import dataclass

from cardtool.ui.messages import Messages
from cardtool.ui.theme import Theme


@dataclass(frozen=True)
class Context:
    """``practice``: every window shows the striped band."""

    messages: Messages
    theme: Theme
    practice: bool = False
