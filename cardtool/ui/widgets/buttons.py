"""Buttons: one filled on a page, the others quiet. All painted by one hand so that focus looks alike."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy

from cardtool.ui.context import Context
from cardtool.ui.tokens import TARGET
from cardtool.ui.widgets.base import Part, fill_rounded


@dataclass(frozen=True)
class Kind:
    """How a button is drawn: palette names ('' for none), face, height and horizontal padding at 100 %."""

    fill: str
    ink: str
    edge: str
    role: str = "strong"
    height: int = TARGET + 6
    padding: int = 22
    radius: int = 10


PRIMARY = Kind("primary", "on_primary", "")
SECONDARY = Kind("surface", "primary", "line")
QUIET = Kind("", "primary", "", role="body", height=TARGET, padding=10, radius=8)
PILL = Kind("surface", "muted", "line", role="small", height=TARGET, padding=14, radius=18)
TASK = Kind("", "text", "", role="body", height=TARGET, padding=10, radius=8)

FOCUS_WIDTH = 2.0


class Button(Part, QPushButton):
    """A button named after what it does, with an optional icon beside the words."""

    def __init__(self, context: Context, kind: Kind = SECONDARY, icon: str = "") -> None:
        super().__init__()
        self.kind, self._icon_name = kind, icon
        self._measured: tuple[str, str, int, int] | None = None
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.begin(context)

    def set_icon_name(self, icon: str) -> None:
        self._icon_name = icon
        self.restyle()

    def restyle(self) -> None:
        self.setFont(self.theme.font(self.kind.role))
        super().restyle()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Layouts ask eight times for each change, and measuring words is slow."""
        shown = (self.text(), self._icon_name, self.theme.text_size, self.font().pixelSize())
        if self._measured != shown:
            self._measured, self._hint = shown, self._measure()
        return self._hint

    def _measure(self) -> QSize:
        words = self.fontMetrics().horizontalAdvance(self.text())
        icon = self.theme.px(20 + (10 if self.text() else 0)) if self._icon_name else 0
        height = max(self.theme.px(self.kind.height), self.fontMetrics().height() + self.theme.px(8))
        return QSize(words + icon + 2 * self.theme.px(self.kind.padding), height)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter presses what has the focus; held down, it presses once."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self.click()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        self._paint_ground(painter)
        ink = self.kind.ink if self.isEnabled() else "muted"
        area = self.rect().adjusted(self.theme.px(self.kind.padding), 0, -self.theme.px(self.kind.padding), 0)
        if self._icon_name:
            area = self._paint_icon(
                painter, area, "primary" if self.kind is TASK and self.isEnabled() else ink
            )
        painter.setPen(self.theme.color(ink))
        painter.setFont(self.font())
        painter.drawText(area, self._alignment(), self.text())

    def _alignment(self) -> Qt.AlignmentFlag:
        left = self.kind is TASK or bool(self._icon_name)
        side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignHCenter
        return side | Qt.AlignmentFlag.AlignVCenter

    def _paint_icon(self, painter: QPainter, area: QRect, ink: str) -> QRect:
        size = self.theme.px(20)
        picture = self.theme.icon(self._icon_name, ink, 20, self)
        painter.drawPixmap(area.left(), self.rect().center().y() - size // 2 + 1, picture)
        return area.adjusted(size + self.theme.px(10), 0, 0, 0)

    def _paint_ground(self, painter: QPainter) -> None:
        area, radius = QRectF(self.rect()), self.theme.px(self.kind.radius)
        edge_name = self.kind.edge or ("line" if self.kind.fill and self.theme.is_contrast() else "")
        edge = self.theme.color(edge_name) if edge_name else None
        fill_rounded(painter, area, self._fill(), edge, radius)
        if self.hasFocus():
            filled = self.kind.fill == "primary" and self.isEnabled()
            colour = self.theme.color("on_primary" if filled else "primary")
            paint_focus(painter, area, colour, radius, 3.0 if filled else 0.0)

    def _fill(self) -> QColor:
        if self.kind.fill == "primary":
            if not self.isEnabled():
                return self.theme.color("primary_pale")
            share = 0.16 if self.isDown() else 0.08 if self.underMouse() else 0.0
            return self.theme.blend("primary", "text", share)
        if self.isEnabled() and (self.isDown() or self.underMouse()):
            return self.theme.color("primary_pale")
        return self.theme.color(self.kind.fill) if self.kind.fill else QColor(Qt.GlobalColor.transparent)


def paint_focus(painter: QPainter, area: QRectF, colour: QColor, radius: float, inset: float) -> None:
    """The focus ring, ``inset`` px inside ``area``."""
    inner = area.adjusted(inset, inset, -inset, -inset)
    fill_rounded(
        painter, inner, QColor(Qt.GlobalColor.transparent), colour, max(radius - inset, 2.0), FOCUS_WIDTH
    )
