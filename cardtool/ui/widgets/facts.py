"""Facts as a quiet table: what it is at the left, its value at the right; below each other where it is narrow."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from cardtool.ui.context import Context
from cardtool.ui.widgets.acts import Separator
from cardtool.ui.widgets.base import Label, Panel, column
from cardtool.ui.widgets.layouts import Fold

ZERO_WIDTH_SPACE = "\u200b"
LONGEST_WORD = 24


def breakable(words: str) -> str:
    """Long unbroken words (names in RFC 4514 text, fingerprints) may be wrapped after these signs."""
    if all(len(word) <= LONGEST_WORD for word in words.split()):
        return words
    for sign in (",", ":", "@", "/"):
        words = words.replace(sign, sign + ZERO_WIDTH_SPACE)
    return words


class Facts(Panel):
    """``show_facts`` with (key below ``base``, value) pairs; empty values are left out."""

    def __init__(self, context: Context, base: str) -> None:
        super().__init__(context)
        self._base = base
        self._layout = column(context.theme, (20, 6, 20, 6))
        self.setLayout(self._layout)
        self._rows: list[QWidget] = []
        self.values: dict[str, Label] = {}

    def show_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        for old in self._rows:
            self._layout.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._rows, self.values = [], {}
        for key, value in facts:
            if value:
                self._add(key, value)

    def _add(self, key: str, value: str) -> None:
        if self._rows:
            self._put(Separator(self.context))
        name, shown = Label(self.context, "small", "muted", least=150), Label(self.context, "body")
        self.say(name.setText, f"{self._base}.{key}")
        shown.setText(breakable(value))
        self.values[key] = shown
        self._put(Fold(self.context, (name, shown), ((420, 2),), 4, (1, 3), upright=9))

    def _put(self, part: QWidget) -> None:
        self._rows.append(part)
        self._layout.addWidget(part)
