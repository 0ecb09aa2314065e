"""Choices as cards: icon, title, consequence, state word. What is impossible stays visible with its reason."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QSizePolicy, QWidget

from cardtool.ui.context import Context
from cardtool.ui.widgets.base import Part, column, fill_rounded

ICON, LEFT, RIGHT, TOP, GAP = 26, 22, 18, 15, 12


class Choice(Part, QRadioButton):
    """``state`` is the word at the right; ``tone`` its colour. A disabled choice gives its reason as consequence."""

    def __init__(self, context: Context, value: str, icon: str) -> None:
        super().__init__()
        self.value, self._icon = value, icon
        self._title = self._consequence = self._state = ""
        self._tone = "muted"
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.begin(context)

    def tell(self, title: str, consequence: str, state: str = "", tone: str = "muted") -> None:
        self._title, self._consequence, self._state, self._tone = title, consequence, state, tone
        self.setAccessibleName(", ".join(part for part in (title, state) if part))
        self.setAccessibleDescription(consequence)
        self.updateGeometry()
        self.update()

    def hitButton(self, _place: QPoint) -> bool:  # noqa: N802
        return True

    def sizeHint(self) -> QSize:  # noqa: N802
        width = self.theme.px(420)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.theme.px(240), self.theme.px(64))

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        title, consequence = self._areas(width)
        return (
            consequence.bottom() + self.theme.px(TOP)
            if self._consequence
            else title.bottom() + self.theme.px(TOP + 4)
        )

    def _areas(self, width: int) -> tuple[QRect, QRect]:
        """Where title and consequence are written."""
        px = self.theme.px
        left = px(LEFT + ICON + 22)
        room = max(1, width - left - px(RIGHT) - self._state_width())
        title = self._wrapped(self.theme.font("strong"), self._title, QRect(left, px(TOP), room, 10_000))
        below = QRect(left, title.bottom() + px(3), room, 10_000)
        return title, self._wrapped(self.theme.font("small"), self._consequence, below)

    def _wrapped(self, font: QFont, words: str, area: QRect) -> QRect:
        needed = QFontMetrics(font).boundingRect(area, Qt.TextFlag.TextWordWrap, words)
        return QRect(area.left(), area.top(), area.width(), needed.height())

    def _state_width(self) -> int:
        if not self._state:
            return 0
        return QFontMetrics(self.theme.font("small")).horizontalAdvance(self._state) + self.theme.px(22 + GAP)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        self._paint_ground(painter)
        px = self.theme.px
        ink = "primary" if self.isEnabled() else "muted"
        icon = self.theme.icon(self._icon, ink, ICON, self)
        painter.drawPixmap(px(LEFT), (self.height() - px(ICON)) // 2, icon)
        title, consequence = self._areas(self.width())
        painter.setFont(self.theme.font("strong"))
        painter.setPen(self.theme.color("text" if self.isEnabled() else "muted"))
        painter.drawText(title, Qt.TextFlag.TextWordWrap, self._title)
        painter.setFont(self.theme.font("small"))
        painter.setPen(self.theme.color("muted"))
        painter.drawText(consequence, Qt.TextFlag.TextWordWrap, self._consequence)
        self._paint_state(painter)

    def _paint_ground(self, painter: QPainter) -> None:
        marked = self.isEnabled() and (self.isChecked() or self.hasFocus())
        hovered = self.isEnabled() and self.underMouse()
        fill = "surface" if self.isEnabled() else "raised"
        if hovered and not self.isChecked():
            fill = "primary_pale"
        edge = self.theme.color("primary" if marked else "line")
        width = 3.0 if self.hasFocus() else 2.0 if marked else 1.0
        fill_rounded(painter, QRectF(self.rect()), self.theme.color(fill), edge, self.theme.px(14), width)

    def _paint_state(self, painter: QPainter) -> None:
        if not self._state:
            return
        px = self.theme.px
        painter.setFont(self.theme.font("small"))
        width = self._state_width() - px(GAP)
        height = painter.fontMetrics().height() + px(3)
        pill = QRectF(self.width() - px(RIGHT) - width, (self.height() - height) / 2, width, height)
        if self._tone != "muted":
            fill_rounded(painter, pill, self.theme.color(f"{self._tone}_pale"), None, height / 2)
        painter.setPen(self.theme.color(self._tone))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, self._state)


class Choices(Part, QWidget):
    """A column of choices of which one is taken. Arrow keys move, Space takes."""

    changed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self.cards: list[Choice] = []
        self._layout = column(context.theme, gap=10)
        self.setLayout(self._layout)
        self.begin(context)
        self._group.buttonToggled.connect(lambda _button, _on: self.changed.emit())

    def add(self, value: str, icon: str, *, enabled: bool = True) -> Choice:
        choice = Choice(self.context, value, icon)
        choice.setEnabled(enabled)
        self._group.addButton(choice)
        self._layout.addWidget(choice)
        self.cards.append(choice)
        return choice

    def clear(self) -> None:
        for choice in self.cards:
            self._group.removeButton(choice)
            self._layout.removeWidget(choice)
            choice.hide()
            choice.deleteLater()
        self.cards = []

    def take_first(self) -> None:
        """Preselect the first that can be taken."""
        first = next((choice for choice in self.cards if choice.isEnabled()), None)
        if first is not None:
            first.setChecked(True)

    def value(self) -> str | None:
        taken = self._group.checkedButton()
        return taken.value if isinstance(taken, Choice) else None
