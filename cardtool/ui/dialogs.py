"""The one modal question: leaving a page that would throw work away."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QWidget

from cardtool.ui.context import Context
from cardtool.ui.widgets.banner import PracticeBanner
from cardtool.ui.widgets.base import Label, Part, column, row
from cardtool.ui.widgets.buttons import PRIMARY, SECONDARY, Button

WIDTH = 460


class LeaveDialog(Part, QDialog):
    """Enter and Esc both stay: leaving has to be chosen."""

    def __init__(self, context: Context, parent: QWidget) -> None:
        super().__init__(parent)
        title, lead = Label(context, "title"), Label(context, "body", "muted")
        self.stay, self.go = Button(context, PRIMARY), Button(context, SECONDARY)
        buttons = row(context.theme, gap=12)
        buttons.addStretch(1)
        buttons.addWidget(self.go)
        buttons.addWidget(self.stay)
        inner = column(context.theme, (28, 24, 28, 24), 10)
        inner.addWidget(title)
        inner.addWidget(lead)
        inner.space(12)
        inner.addLayout(buttons)
        layout = column(context.theme)
        if context.practice:
            layout.addWidget(PracticeBanner(context))
        layout.addLayout(inner)
        self.setLayout(layout)
        self.begin(context)
        for setter, key in (
            (self.setWindowTitle, "wizard.leave_title"),
            (title.setText, "wizard.leave_title"),
            (lead.setText, "wizard.leave_lead"),
            (self.stay.setText, "wizard.leave_stay"),
            (self.go.setText, "wizard.leave_go"),
        ):
            self.say(setter, key)
        self.stay.setDefault(True)
        self.stay.clicked.connect(self.reject)
        self.go.clicked.connect(self.accept)

    def restyle(self) -> None:
        self.setFixedWidth(self.theme.px(WIDTH))
        super().restyle()
