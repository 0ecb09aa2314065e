"""A picture of a card that goes into a reader, chip first."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from cardtool.ui.context import Context
from cardtool.ui.widgets.base import Part
from cardtool.ui.widgets.card_picture import CHIP

WIDTH, HEIGHT = 260, 196


class InsertPicture(Part, QWidget):
    """``card`` False: the reader alone, with its cable (no reader is connected)."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._card = True
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.begin(context)
        self.say(self.setAccessibleName, "choose_card.insert_picture")

    def show_card(self, card: bool) -> None:
        self._card = card
        self.say(self.setAccessibleName, f"choose_card.{'insert' if card else 'connect'}_picture")
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.theme.px(WIDTH), self.theme.px(HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(self.width() / WIDTH, self.height() / HEIGHT)
        if self._card:
            self._paint_card(painter)
        self._paint_reader(painter)
        if self._card:
            self._paint_arrow(painter)

    def _paint_card(self, painter: QPainter) -> None:
        card = QRectF(74, 4, 112, 150)
        shine = QLinearGradient(card.topLeft(), card.bottomRight())
        shine.setColorAt(0, self.theme.color("card_from"))
        shine.setColorAt(1, self.theme.color("card_to"))
        painter.setBrush(shine)
        painter.setPen(QPen(self.theme.color("line"), 1) if self.theme.is_contrast() else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(card, 10, 10)
        painter.setPen(QPen(QColor(CHIP[2]), 1))
        painter.setBrush(QColor(CHIP[0]))
        painter.drawRoundedRect(QRectF(113, 84, 34, 28), 5, 5)
        painter.drawRoundedRect(QRectF(122, 91, 16, 14), 3, 3)

    def _paint_reader(self, painter: QPainter) -> None:
        body = QRectF(46, 118, 168, 70)
        painter.setPen(QPen(self.theme.color("edge"), 1.6))
        painter.setBrush(self.theme.color("surface"))
        painter.drawRoundedRect(body, 14, 14)
        painter.setPen(QPen(self.theme.color("text"), 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(70, 132), QPointF(190, 132))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.color("good" if self._card else "edge"))
        painter.drawEllipse(QPointF(130, 166), 4.5, 4.5)

    def _paint_arrow(self, painter: QPainter) -> None:
        painter.setPen(
            QPen(
                self.theme.color("on_card"),
                3,
                Qt.PenStyle.SolidLine,
                Qt.PenCapStyle.RoundCap,
                Qt.PenJoinStyle.RoundJoin,
            )
        )
        painter.drawLine(QPointF(130, 26), QPointF(130, 62))
        painter.drawPolyline([QPointF(118, 51), QPointF(130, 63), QPointF(142, 51)])
