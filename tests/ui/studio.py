"""One window that is dressed and photographed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QPoint, QSize
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QApplication

from cardtool.config import Settings
from cardtool.config import Theme as Appearance
from cardtool.ui.context import Context
from cardtool.ui.main_window import MainWindow
from cardtool.ui.messages import Messages
from cardtool.ui.services import Services
from cardtool.ui.theme import Theme
from cardtool.words import Words
from tests.ui import gallery, samples

SIZE = QSize(1366, 768)
ORDINARY = QSize(1040, 720)
COLUMNS, MARGIN = 3, 16
PATIENCE = 30_000
"""Milliseconds for what must come: the computer may be busy."""


def strict_words(language: str) -> Words:
    return Words(language, strict=True)


class StillTheme(Theme):
    """Nothing moves."""

    def motion(self) -> bool:
        return False


class Studio:
    """``dress`` then ``pictures``. Text at 200 % is laid out as a screen scaled to 200 % lays it out."""

    def __init__(self, *, practice: bool = False) -> None:
        self.app = QApplication.instance() or QApplication([])
        self.settings = Settings()
        messages, theme = Messages(strict_words, "zh_TW"), StillTheme(self.app, "light", 100)
        services = Services(strict_words, self.settings, lambda _settings: None, samples.view)
        self.window = MainWindow(Context(messages, theme, practice), services)
        self.window.show()
        while self.window.view is None:
            self.app.processEvents()

    def dress(self, language: str, appearance: str, scale: int) -> None:
        look = replace(self.settings, language=language, theme=Appearance(appearance), text_size=scale)
        self.window.apply_look(look)
        self.window.resize(SIZE if scale > 100 else ORDINARY)
        self.window.show()

    def picture(self, name: str) -> QPixmap:
        gallery.show(self.window, name)
        for _ in range(4):
            self.app.processEvents()
        return self.window.grab()

    def pictures(self, names: Sequence[str] | None = None) -> list[QPixmap]:
        return [self.picture(name) for name in names or gallery.NAMES]

    def sheet(self, pictures: Sequence[QPixmap]) -> QPixmap:
        cell = pictures[0].size()
        rows = -(-len(pictures) // COLUMNS)
        whole = QPixmap(COLUMNS * (cell.width() + MARGIN), rows * (cell.height() + MARGIN))
        whole.fill(QColor("#888888"))
        painter = QPainter(whole)
        for place, picture in enumerate(pictures):
            corner = QPoint(
                place % COLUMNS * (cell.width() + MARGIN), place // COLUMNS * (cell.height() + MARGIN)
            )
            painter.drawPixmap(corner, picture)
        painter.end()
        return whole

    def close(self) -> None:
        self.window.close()
        self.window.deleteLater()
        self.app.processEvents()
