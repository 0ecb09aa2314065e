"""Tries left as dots; the number stands in words for screen readers and for those who do not see colour."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cardtool.ui.context import Context
from cardtool.ui.widgets.base import Part

USUAL_TRIES = 3
DOT, GAP = 10, 5


class Tries(Part, QWidget):
    """``set_tries(left, of)``; ``left`` None where the card does not say: words alone, no dots."""

    def __init__(self, context: Context, key: str = "tries.left") -> None:
        super().__init__()
        self._key = key
        self._left: int | None = None
        self._of = USUAL_TRIES
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.begin(context)
        self.retranslate()

    def set_tries(self, left: int | None, of: int | None = None) -> None:
        self._left, self._of = left, max(of or USUAL_TRIES, left or 0)
        self.retranslate()
        self.updateGeometry()
        self.update()

    def words(self) -> str:
        return self.messages.text(self._key, count=self._left)

    def retranslate(self) -> None:
        super().retranslate()
        self.setAccessibleName(self.words())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        metrics = self.fontMetrics()
        return QSize(
            metrics.horizontalAdvance(self.words()) + self._dots_width(),
            max(metrics.height(), self.theme.px(20)),
        )

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    def _dots_width(self) -> int:
        if self._left is None:
            return 0
        return self.theme.px(self._of * (DOT + GAP) - GAP + 12)

    def restyle(self) -> None:
        self.setFont(self.theme.font("small"))
        super().restyle()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        painter.setPen(self.theme.color("muted" if self._left != 1 else "danger"))
        dots = self._dots_width()
        words = QRectF(0, 0, self.width() - dots, self.height())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self.words())
        if self._left is not None:
            self._paint_dots(painter, self.width() - dots + self.theme.px(12))

    def _paint_dots(self, painter: QPainter, start: float) -> None:
        assert self._left is not None
        tone = {0: "danger", 1: "danger", 2: "caution"}.get(self._left, "good")
        radius = self.theme.px(DOT) / 2
        for place in range(self._of):
            centre = QPointF(start + radius + place * self.theme.px(DOT + GAP), self.height() / 2)
            there = place < self._left
            painter.setPen(Qt.PenStyle.NoPen if there else self.theme.color("edge"))
            painter.setBrush(self.theme.color(tone) if there else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(centre, radius - (0 if there else 0.5), radius - (0 if there else 0.5))
