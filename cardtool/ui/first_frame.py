"""What the window shows first: the home screen's bands and panels, painted in one go.

Its widgets take longer to make than everything before them, so they come after this is on the screen.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from cardtool.ui.context import Context
from cardtool.ui.widgets.base import Part, fill_rounded

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
        self._paint_bands(painter)
        self._paint_panels(painter)

    def _paint_bands(self, painter: QPainter) -> None:
        px, width, height = self.theme.px, self.width(), self.height()
        surface, line = self.theme.color("surface"), self.theme.color("line")
        foot = height - px(FOOT)
        painter.fillRect(0, 0, width, px(HEAD), surface)
        painter.fillRect(0, px(HEAD), width, 1, line)
        painter.fillRect(0, foot, width, px(FOOT), surface)
        painter.fillRect(0, foot, width, 1, line)
        head = QRectF(px(MARGIN + 36), 0, width, px(HEAD))
        self._write(painter, head, "title", "product.name", Qt.AlignmentFlag.AlignVCenter)

    def _paint_panels(self, painter: QPainter) -> None:
        px = self.theme.px
        left, top, room = px(MARGIN), px(HEAD + TOP), self.width() - 2 * px(MARGIN)
        height, radius = px(CARD_HEIGHT), px(14)
        panel = QRectF(left, top, room, height)
        if room >= px(BOTH_BESIDE):
            card = QRectF(left, top, px(CARD_WIDTH), height)
            fill_rounded(painter, card, self.theme.color("raised"), self.theme.color("line"), radius)
            panel.setLeft(card.right() + px(GAP))
        fill_rounded(painter, panel, self.theme.color("surface"), self.theme.color("line"), radius)
        words = panel.adjusted(px(26), px(22), -px(26), 0)
        self._write(painter, words, "small_strong", "home.next", Qt.AlignmentFlag.AlignTop)
        self._write(
            painter, words.adjusted(0, px(22), 0, 0), "display", "home.looking", Qt.AlignmentFlag.AlignTop
        )

    def _write(self, painter: QPainter, area: QRectF, role: str, key: str, side: Qt.AlignmentFlag) -> None:
        painter.setFont(self.theme.font(role))
        painter.setPen(self.theme.color("muted" if role == "small_strong" else "text"))
        painter.drawText(area, side | Qt.TextFlag.TextWordWrap, self.messages.text(key))
