"""The screen code: the same in every language, copied by a click."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QSizePolicy

from cardtool.ui.announce import announce
from cardtool.ui.context import Context
from cardtool.ui.tokens import TARGET
from cardtool.ui.widgets.buttons import Button, Kind

CHIP = Kind("surface", "text", "line", role="small", height=TARGET - 6, padding=10, radius=6)


class CodeChip(Button):
    def __init__(self, context: Context) -> None:
        self._code = ""
        super().__init__(context, CHIP)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._copy)

    def show_code(self, code: str) -> None:
        self._code = code
        self.setText(code)
        self.retranslate()
        self.updateGeometry()

    def code(self) -> str:
        return self._code

    def retranslate(self) -> None:
        super().retranslate()
        if self._code:
            self.setAccessibleName(self.messages.text("code.name", code=self._code))
        self.setToolTip(self.messages.text("code.tip"))

    def restyle(self) -> None:
        super().restyle()
        self.setFont(self.theme.monospace())

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._code)
        announce(self, self.messages.text("code.copied", code=self._code))
