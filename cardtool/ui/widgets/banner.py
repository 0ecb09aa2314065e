"""Practice mode's striped band with words: nobody can mistake it for the real thing."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from cardtool.ui.context import Context
from cardtool.ui.widgets.base import Part, row
from cardtool.ui.widgets.buttons import Button, Kind

STRIPES = ("#E9AE3C", "#F3C567")
INK = "#2B1D00"
STRIPE, SLANT = 18, 12


PANEL = Kind("surface", "text", "line", role="small", height=26, padding=12, radius=6)


class PracticeBanner(Part, QWidget):
    """Its colours are the same in every theme: it is a warning sign.

    ``panel_wanted`` comes from its button, which is there only in the main window (``with_panel``).
    """

    panel_wanted = Signal()

    def __init__(self, context: Context, *, with_panel: bool = False) -> None:
        super().__init__()
        self.panel = Button(context, PANEL)
        self.panel.clicked.connect(self.panel_wanted)
        layout = row(context.theme, (12, 3, 12, 3))
        layout.addStretch(1)
        layout.addWidget(self.panel)
        self.setLayout(layout)
        self.panel.setVisible(with_panel)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.begin(context)
        self.say(self.panel.setText, "practice.open")
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        self.setAccessibleName(self.messages.text("practice.banner"))
        self.update()

    def restyle(self) -> None:
        self.setFont(self.theme.font("small_strong"))
        super().restyle()

    def sizeHint(self) -> QSize:  # noqa: N802
        height = 34 if self.panel.isVisibleTo(self) else 28
        return QSize(
            self.theme.px(320), max(self.theme.px(height), self.fontMetrics().height() + self.theme.px(6))
        )

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(STRIPES[1]))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(STRIPES[0]))
        step, slant, height = self.theme.px(STRIPE), self.theme.px(SLANT), self.height()
        for left in range(-2 * step, self.width() + step, 2 * step):
            corners = ((left, height), (left + slant, 0), (left + slant + step, 0), (left + step, height))
            painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in corners]))
        self._paint_words(painter)

    def _paint_words(self, painter: QPainter) -> None:
        painter.setFont(self.font())
        metrics = painter.fontMetrics()
        taken = self.panel.width() + self.theme.px(24) if self.panel.isVisibleTo(self) else 0
        room = self.width() - 2 * taken - self.theme.px(48)
        words = self.messages.text("practice.banner")
        if metrics.horizontalAdvance(words) > room:
            words = self.messages.text("practice.short")
        width = metrics.horizontalAdvance(words) + self.theme.px(24)
        plate = QRectF((self.width() - width) / 2, 0, width, self.height())
        painter.fillRect(plate, QColor(STRIPES[1]))
        painter.setPen(QColor(INK))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)
