"""The captcha as a picture, with another one on request and the same read aloud."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QColor, QDesktopServices, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from cardtool.ui.announce import announce
from cardtool.ui.context import Context
from cardtool.ui.widgets.base import Part, column, fill_rounded
from cardtool.ui.widgets.buttons import QUIET, Button
from cardtool.ui.widgets.layouts import Fold

WIDTH, HEIGHT = 200, 70


class CaptchaPicture(Part, QWidget):
    """The picture on white in every theme: its colours come from the RA."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._picture = QPixmap()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.begin(context)
        self.say(self.setAccessibleName, "captcha.name")

    def show_png(self, png: bytes) -> None:
        self._picture = QPixmap()
        self._picture.loadFromData(png)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.theme.px(WIDTH), self.theme.px(HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        fill_rounded(
            painter,
            self.rect().toRectF(),
            QColor(Qt.GlobalColor.white),
            self.theme.color("edge"),
            self.theme.px(8),
        )
        if self._picture.isNull():
            return
        inner = self.rect().adjusted(4, 4, -4, -4)
        ratio = self.devicePixelRatioF()
        smooth = Qt.TransformationMode.SmoothTransformation
        fitted = self._picture.scaled(inner.size() * ratio, Qt.AspectRatioMode.KeepAspectRatio, smooth)
        fitted.setDevicePixelRatio(ratio)
        size = fitted.deviceIndependentSize().toSize()
        left = inner.left() + (inner.width() - size.width()) // 2
        painter.drawPixmap(left, inner.top() + (inner.height() - size.height()) // 2, fitted)


class CaptchaView(Part, QWidget):
    """``refreshed`` asks for another one."""

    refreshed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.picture = CaptchaPicture(context)
        self.refresh, self.play = Button(context, QUIET, "refresh"), Button(context, QUIET, "volume")
        self._wav = b""
        self._file: Path | None = None
        buttons = QWidget()
        beside = column(context.theme)
        beside.addWidget(self.refresh)
        beside.addWidget(self.play)
        buttons.setLayout(beside)
        layout = column(context.theme)
        layout.addWidget(Fold(context, (self.picture, buttons), ((360, 2),), 10, (0, 1)))
        self.setLayout(layout)
        self.begin(context)
        self.say(self.refresh.setText, "captcha.refresh")
        self.say(self.play.setText, "captcha.play")
        self.refresh.clicked.connect(self.refreshed)
        self.play.clicked.connect(self._play)

    def show_captcha(self, png: bytes, wav: bytes) -> None:
        self.picture.show_png(png)
        self._wav = wav
        self.play.setVisible(bool(wav))

    def forget(self) -> None:
        """Remove the sound file that was handed to the player."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)
            self._file = None

    def _play(self) -> None:
        """By the computer's own player: a captcha is no secret, and Qt's sound is a library of 40 MB."""
        self.forget()
        handle, name = tempfile.mkstemp(suffix=".wav", prefix="captcha-")
        with os.fdopen(handle, "wb") as file:
            file.write(self._wav)
        self._file = Path(name)
        QDesktopServices.openUrl(QUrl.fromLocalFile(name))
        announce(self, self.messages.text("captcha.playing"))
