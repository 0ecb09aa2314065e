"""A failure says four things: what happened, whether card and certificate are safe, what to do, the code."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cardtool.errors import CardToolError
from cardtool.ui.context import Context
from cardtool.ui.home_view import Support
from cardtool.ui.page import Page
from cardtool.ui.widgets.base import Label, Panel, beside_nothing, column
from cardtool.ui.widgets.buttons import SECONDARY, Button
from cardtool.ui.widgets.code_chip import CodeChip
from cardtool.ui.widgets.layouts import Fold


class FailurePage(Page):
    """Also explains a state of the home screen in the same words (``retry`` False)."""

    can_go_back = False

    def __init__(
        self, context: Context, code: str, error: CardToolError, support: Support | None, *, retry: bool
    ) -> None:
        self.error, self._support, self._retry = error, support, retry
        super().__init__(context, code)
        self._labels = {name: Label(context, "body") for name in ("safety", "advice", "support")}
        self.chip = CodeChip(context)
        self.chip.show_code(error.code)
        panel = Panel(context)
        inner = column(context.theme, (22, 18, 22, 18), 16)
        for name, label in self._labels.items():
            inner.addWidget(self._entry(name, label))
        inner.addWidget(self._entry("code", self.chip))
        panel.setLayout(inner)
        self.report = Button(context, SECONDARY, "list-check")
        self.say(self.report.setText, "report.offer")
        self.report.clicked.connect(lambda: self.started.emit("RPT"))
        self.layout_.addWidget(panel)
        self.layout_.addWidget(self.report, 0, Qt.AlignmentFlag.AlignLeft)
        self._tell()

    def _entry(self, name: str, shown: Label | CodeChip) -> Fold:
        label = Label(self.context, "small_strong", "muted", least=150)
        self.say(label.setText, f"failure.{name}")
        holder = QWidget()
        holder.setLayout(beside_nothing(self.theme, shown))
        fold = Fold(self.context, (label, holder), ((460, 2),), 6, (1, 3))
        if name == "support" and self._support is None:
            fold.hide()
        return fold

    def _tell(self) -> None:
        words = self.messages.error(self.error)
        self._labels["safety"].setText(words.safety)
        self._labels["advice"].setText(words.advice)
        if self._support is not None:
            hours = self.messages.pick(self._support.hours)
            self._labels["support"].setText(f"{self._support.phone} · {hours}")

    def retranslate(self) -> None:
        super().retranslate()
        if hasattr(self, "chip"):
            self._tell()

    def subject(self) -> tuple[str, str]:
        return self.code, self.error.code

    def title(self) -> str:
        return self.messages.error(self.error).title

    def mark(self) -> tuple[str, str] | None:
        return "alert-triangle", "caution"

    def lead(self) -> str:
        return ""

    def cancel_words(self) -> str:
        return self.messages.text("to_home") if self._retry else ""

    def primary(self) -> str:
        return self.messages.text("try_again" if self._retry else "to_home")

    def submit(self) -> None:
        self.answered.emit(self._retry)
