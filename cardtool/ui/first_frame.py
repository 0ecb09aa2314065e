"""What the window shows first: the home screen's bands and panels, painted in one go.

Its widgets take longer to make than everything before them, so they come after this is on the screen.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from cardtool.ui.context import Context
from cardtool.ui.theme import brush_of
from cardtool.ui.widgets.base import Part

MARGIN, TOP, GAP = 32, 28, 28
HEAD, FOOT = 52, 46
CARD_WIDTH, CARD_HEIGHT = 344, 214
BOTH_BESIDE = 740
"""From this width on, card and next step stand beside each other. All in px at 100 %, as in ``home``."""


class FirstFrame(Part, QWidget):
    def __init__(self, context: Context) -> None:
        super().__init__()
        self.begin(context)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_bands(painter)
        self._paint_panels(painter)

    def _paint_bands(self, painter: QPainter) -> None:
        px, width, height = self.theme.px, self.width(), self.height()
        self._fill(painter, QRectF(0, 0, width, px(HEAD) + 1), "line")
        self._fill(painter, QRectF(0, 0, width, px(HEAD)), "surface")
        self._fill(painter, QRectF(0, height - px(FOOT), width, px(FOOT)), "line")
        self._fill(painter, QRectF(0, height - px(FOOT) + 1, width, px(FOOT)), "surface")
        painter.setFont(self.theme.font("title"))
        above = (px(HEAD) - painter.fontMetrics().height()) / 2
        self._write(painter, QPointF(px(MARGIN + 36), above), "title", "product.name")

    def _paint_panels(self, painter: QPainter) -> None:
        px = self.theme.px
        left, top, room = px(MARGIN), px(HEAD + TOP), self.width() - 2 * px(MARGIN)
        panel = QRectF(left, top, room, px(CARD_HEIGHT))
        if room >= px(BOTH_BESIDE):
            card = QRectF(left, top, px(CARD_WIDTH), px(CARD_HEIGHT))
            self._paint_panel(painter, card, "raised")
            panel.setLeft(card.right() + px(GAP))
        self._paint_panel(painter, panel, "surface")
        corner = panel.topLeft() + QPointF(px(26), px(22))
        self._write(painter, corner, "small_strong", "home.next")
        self._write(painter, corner + QPointF(0, px(22)), "display", "home.looking")

    def _paint_panel(self, painter: QPainter, area: QRectF, colour: str) -> None:
        radius = self.theme.px(14)
        self._fill(painter, area, "line", radius)
        self._fill(painter, area.adjusted(1, 1, -1, -1), colour, radius - 1)

    def _fill(self, painter: QPainter, area: QRectF, colour: str, radius: float = 0) -> None:
        shape = QPainterPath()
        shape.addRoundedRect(area, radius, radius)
        painter.fillPath(shape, brush_of(self.theme.color(colour)))

    def _write(self, painter: QPainter, corner: QPointF, role: str, key: str) -> None:
        """With the pen that a painter begins with: the palette's."""
        painter.setFont(self.theme.font(role))
        below = QPointF(0, painter.fontMetrics().ascent())
        painter.drawText(corner + below, self.messages.text(key))
