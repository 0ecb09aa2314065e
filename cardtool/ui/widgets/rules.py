"""A password rule as a list that fills up while one types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cardtool.ui.announce import announce
from cardtool.ui.context import Context
from cardtool.ui.messages import Value
from cardtool.ui.widgets.base import Label, Part, Picture, column, row


class RuleLine(Part, QWidget):
    """One part of the rule: kept or not yet, by icon, colour and word."""

    def __init__(self, context: Context, key: str, values: Mapping[str, Value]) -> None:
        super().__init__()
        self._key, self._values, self.kept = key, values, False
        self._icon = Picture(context, "circle", "muted", 18)
        self._label = Label(context, "body", "muted")
        layout = row(context.theme, gap=9)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._label, 1)
        self.setLayout(layout)
        self.begin(context)
        self.retranslate()

    def set_kept(self, kept: bool) -> None:
        if kept != self.kept:
            self.kept = kept
            self._icon.set_icon("circle-check" if kept else "circle", "good" if kept else "muted")
            self._label.set_tone("text" if kept else "muted")
            self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        words = self.messages.text(f"rule.{self._key}", **self._values)
        self._label.setText(words)
        state = self.messages.text("rule.kept" if self.kept else "rule.open")
        self.setAccessibleName(f"{words}: {state}")


class RuleList(Part, QWidget):
    """``show`` which parts are broken; what has just been fulfilled is said to screen readers."""

    def __init__(self, context: Context, parts: Sequence[tuple[str, Mapping[str, Value]]]) -> None:
        """``parts``: key below ui.rule and the values its words name."""
        super().__init__()
        self._title = Label(context, "small_strong")
        layout = column(context.theme, gap=7)
        layout.addWidget(self._title)
        self.lines = {key: RuleLine(context, key, values) for key, values in parts}
        for line in self.lines.values():
            layout.addWidget(line)
        self.setLayout(layout)
        self.begin(context)
        self.say(self._title.setText, "rule.title")

    def show_broken(self, broken: frozenset[str]) -> None:
        for key, line in self.lines.items():
            news = not line.kept and key not in broken
            line.set_kept(key not in broken)
            if news:
                announce(line, line.accessibleName())

    def all_kept(self) -> bool:
        return all(line.kept for line in self.lines.values())
