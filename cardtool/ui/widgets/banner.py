"""Practice mode's striped band with words: nobody can mistake it for the real thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPalette, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from cardtool.ui.context import Context
from cardtool.ui.theme import brush_of
from cardtool.ui.widgets.base import Part, row

if TYPE_CHECKING:
    from cardtool.ui.widgets.buttons import Button

STRIPES = ("#E9AE3C", "#F3C567")
INK = "#2B1D00"
STRIPE, SLANT = 18, 12


class PracticeBanner(Part, QWidget):
    """Its colours are the same in every theme: it is a warning sign.

    ``panel_wanted`` comes from its button, which is there only in the main window (``with_panel``).
    """

    panel_wanted = Signal()

    def __init__(self, context: Context, *, with_panel: bool = False) -> None:
        super().__init__()
        self._with_panel = with_panel
        self.panel: Button | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.begin(context)
        if not with_panel:
            self.retranslate()

    def offer_panel(self) -> None:
        """The button comes after the first paint, where there is a panel; its place is kept until then."""
        from cardtool.ui.widgets.buttons import Button, Kind  # noqa: PLC0415

        if not self._with_panel or self.panel is not None:
            return
        self.retranslate()  # not before: the first accessible name brings Qt's accessibility, 4 ms
        self.panel = Button(
            self.context, Kind("surface", "text", "line", role="small", height=26, padding=12, radius=6)
        )
        self.panel.clicked.connect(self.panel_wanted)
        self.say(self.panel.setText, "practice.open")
        layout = row(self.theme, (12, 3, 12, 3))
        layout.addStretch(1)
        layout.addWidget(self.panel)
        self.setLayout(layout)

    def retranslate(self) -> None:
        super().retranslate()
        self.setAccessibleName(self.messages.text("practice.banner"))
        self.update()

    def restyle(self) -> None:
        self.setFont(self.theme.font("small_strong"))
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.WindowText, QColor(INK))  # what a painter begins with
        self.setPalette(palette)
        super().restyle()

    def sizeHint(self) -> QSize:  # noqa: N802
        height = 34 if self._with_panel else 28
        return QSize(
            self.theme.px(320), max(self.theme.px(height), self.fontMetrics().height() + self.theme.px(6))
        )

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QPainterPath()
        whole.addRect(QRectF(self.rect()))
        painter.fillPath(whole, brush_of(QColor(STRIPES[1])))
        stripes = QPainterPath()
        step, slant, height = self.theme.px(STRIPE), self.theme.px(SLANT), self.height()
        for left in range(-2 * step, self.width() + step, 2 * step):
            corners = ((left, height), (left + slant, 0), (left + slant + step, 0), (left + step, height))
            stripes.addPolygon(QPolygonF([QPointF(x, y) for x, y in corners]))
        painter.fillPath(stripes, brush_of(QColor(STRIPES[0])))
        self._paint_words(painter)

    def _paint_words(self, painter: QPainter) -> None:
        painter.setFont(self.font())
        metrics = painter.fontMetrics()
        taken = self.panel.width() + self.theme.px(24) if self.panel is not None else 0
        room = self.width() - 2 * taken - self.theme.px(48)
        words = self.messages.text("practice.banner")
        if metrics.horizontalAdvance(words) > room:
            words = self.messages.text("practice.short")
        width = metrics.horizontalAdvance(words) + self.theme.px(24)
        plate = QRectF((self.width() - width) / 2, 0, width, self.height())
        ground = QPainterPath()
        ground.addRect(plate)
        painter.fillPath(ground, brush_of(QColor(STRIPES[1])))
        middle = (self.height() + metrics.ascent() - metrics.descent()) / 2
        painter.drawText(QPointF(plate.left() + self.theme.px(12), middle), words)
