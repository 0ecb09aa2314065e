"""Line icons (resources/icons, Tabler): tinted when they are drawn, one stroke width at every size."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

import resources

FOLDER = Path(resources.__file__).parent / "icons"
GRID = 24
"""The icons are drawn on a 24 x 24 grid."""

STROKE = 1.8
"""Stroke width in px as seen, at every icon size."""


class Icons:
    """Draws icons and keeps the drawn ones."""

    def __init__(self) -> None:
        self._sources: dict[str, str] = {}
        self._drawn: dict[tuple[str, str, int, float], QPixmap] = {}

    def pixmap(self, name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
        """``size`` in logical px, ``ratio`` is the device pixel ratio of the widget that shows it."""
        key = (name, colour, size, ratio)
        if key not in self._drawn:
            self._drawn[key] = self._draw(*key)
        return self._drawn[key]

    def _draw(self, name: str, colour: str, size: int, ratio: float) -> QPixmap:
        stroke = f'stroke-width="{STROKE * GRID / max(size, 1) * max(1.0, size / 26):.2f}"'
        source = self._source(name).replace("currentColor", colour).replace('stroke-width="2"', stroke)
        pixmap = QPixmap(QSize(size, size) * ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        QSvgRenderer(QByteArray(source.encode())).render(painter)
        painter.end()
        pixmap.setDevicePixelRatio(ratio)
        return pixmap

    def _source(self, name: str) -> str:
        if name not in self._sources:
            self._sources[name] = (FOLDER / f"{name}.svg").read_text("utf-8")
        return self._sources[name]
