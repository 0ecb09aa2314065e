"""The head of the home screen: product, RA unit, account, settings, help."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent

from cardtool.ui.context import Context
from cardtool.ui.home_view import HomeView
from cardtool.ui.widgets.base import Bar, Label, Picture, row
from cardtool.ui.widgets.buttons import QUIET, Button

ROOM_FOR_WORDS = 620
"""Below this width the buttons show their icons alone (their names stay for screen readers and as tips)."""


class Header(Bar):
    started = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__(context, head=True)
        self._view: HomeView | None = None
        self._name = Label(context, "title", wrap=False)
        self._unit = Label(context, "small", "muted", wrap=False)
        self.account = Button(context, QUIET, "user")
        self.settings = Button(context, QUIET, "settings")
        self.help = Button(context, QUIET, "help")
        layout = row(context.theme, (32, 8, 22, 8), 10)
        layout.addWidget(Picture(context, "id", "primary", 26))
        layout.addWidget(self._name)
        layout.space(6)
        layout.addWidget(self._unit)
        layout.addStretch(1)
        for button in (self.account, self.settings, self.help):
            layout.addWidget(button)
        self.setLayout(layout)
        self.account.clicked.connect(lambda: self.started.emit("OUT" if self._signed_in() else "SGN"))
        self.settings.clicked.connect(lambda: self.started.emit("SET"))
        self.help.clicked.connect(lambda: self.started.emit("HLP"))
        self.retranslate()

    def show_view(self, view: HomeView) -> None:
        self._view = view
        self.retranslate()

    def _signed_in(self) -> bool:
        return bool(self._view and self._view.account)

    def retranslate(self) -> None:
        super().retranslate()
        text = self.messages.text
        self._name.setText(text("product.name"))
        unit = self.messages.pick(self._view.unit) if self._view else ""
        self._unit.setText(unit)
        account = self._view.account if self._view else ""
        names = {
            self.account: text("header.account", account=account) if account else text("header.sign_in"),
            self.settings: text("header.settings"),
            self.help: text("header.help"),
        }
        for button, name in names.items():
            button.setAccessibleName(name)
            button.setToolTip(name)
        self._words = {
            self.account: account or text("header.sign_in"),
            self.settings: text("header.settings"),
            self.help: text("header.help"),
        }
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._make_room()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.theme.px(280), super().minimumSizeHint().height())

    def _make_room(self) -> None:
        roomy = self.width() >= self.theme.px(ROOM_FOR_WORDS)
        self._unit.setVisible(roomy and bool(self._unit.text()))
        for button, words in self._words.items():
            button.setText(words if roomy else "")
            button.updateGeometry()
