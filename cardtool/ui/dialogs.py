"""The two dialogs: leaving a page that would throw work away, and a window that cannot be opened at all."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QDialog, QWidget

from cardtool.errors import CardToolError
from cardtool.ui.context import Context
from cardtool.ui.widgets.banner import PracticeBanner
from cardtool.ui.widgets.base import Label, Part, column, row
from cardtool.ui.widgets.buttons import PRIMARY, SECONDARY, Button
from cardtool.ui.widgets.code_chip import CodeChip

WIDTH = 460


class Dialog(Part, QDialog):
    """Words above a row of buttons, the last of them the one that Enter means."""

    def _lay_out(self, context: Context, words: Sequence[QWidget], buttons: Sequence[Button]) -> None:
        below = row(context.theme, gap=12)
        below.addStretch(1)
        for button in buttons:
            below.addWidget(button)
        inner = column(context.theme, (28, 24, 28, 24), 10)
        for label in words:
            inner.addWidget(label)
        inner.space(12)
        inner.addLayout(below)
        layout = column(context.theme)
        if context.practice:
            layout.addWidget(PracticeBanner(context))
        layout.addLayout(inner)
        self.setLayout(layout)
        self.begin(context)
        buttons[-1].setDefault(True)

    def restyle(self) -> None:
        self.setFixedWidth(self.theme.px(WIDTH))
        super().restyle()


class LeaveDialog(Dialog):
    """Enter and Esc both stay: leaving has to be chosen."""

    def __init__(self, context: Context, parent: QWidget) -> None:
        super().__init__(parent)
        title, lead = Label(context, "title"), Label(context, "body", "muted")
        self.stay, self.go = Button(context, PRIMARY), Button(context, SECONDARY)
        self._lay_out(context, (title, lead), (self.go, self.stay))
        for setter, key in (
            (self.setWindowTitle, "wizard.leave_title"),
            (title.setText, "wizard.leave_title"),
            (lead.setText, "wizard.leave_lead"),
            (self.stay.setText, "wizard.leave_stay"),
            (self.go.setText, "wizard.leave_go"),
        ):
            self.say(setter, key)
        self.stay.clicked.connect(self.reject)
        self.go.clicked.connect(self.accept)


class CannotOpen(Dialog):
    """Why there is no window: what the page of a failure says, where no page can be shown."""

    def __init__(self, context: Context, error: CardToolError) -> None:
        super().__init__()
        title, safety = Label(context, "title"), Label(context, "body")
        advice, self.chip = Label(context, "body"), CodeChip(context)
        self.shut = Button(context, PRIMARY)
        self._lay_out(context, (title, safety, advice, self.chip), (self.shut,))
        words = context.messages.error(error)
        title.setText(words.title)
        safety.setText(words.safety)
        advice.setText(words.advice)
        self.chip.show_code(error.code)
        self.setWindowTitle(words.title)
        self.say(self.shut.setText, "close")
        self.shut.clicked.connect(self.accept)
