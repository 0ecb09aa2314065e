"""Fields with their label above, bound for screen readers; a combo box, a tick box, a row of choices."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QRadioButton,
    QSizePolicy,
    QWidget,
)

from cardtool.ui import stylesheet
from cardtool.ui.context import Context
from cardtool.ui.tokens import TARGET
from cardtool.ui.widgets.base import Label, Part, column, fill_rounded, row
from cardtool.ui.widgets.buttons import FOCUS_WIDTH, paint_focus

FIELD_WIDTH = 420


class Labelled(Part, QWidget):
    """A label above a field, and a hint below it that is also the field's description."""

    def __init__(self, context: Context, field: QWidget, key: str, hint: str = "") -> None:
        super().__init__()
        self.field = field
        self.label = Label(context, "small_strong", "text")
        self.hint = Label(context, "small", "muted")
        self.label.setBuddy(field)
        layout = column(context.theme, gap=5)
        for part in (self.label, field, self.hint):
            layout.addWidget(part)
        self.setLayout(layout)
        self.setFocusProxy(field)
        self.begin(context)
        self.hint.setVisible(bool(hint))
        self.set_label(key)
        if hint:
            self.say(self.hint.setText, hint)
            self.say(field.setAccessibleDescription, hint)

    def set_label(self, key: str) -> None:
        self.say(self.label.setText, key)
        self.say(self.field.setAccessibleName, key)

    def restyle(self) -> None:
        self.setMaximumWidth(self.theme.px(FIELD_WIDTH))
        super().restyle()


class TextField(Part, QLineEdit):
    """One line of text."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setMaxLength(256)
        self.begin(context)

    def restyle(self) -> None:
        self.setFont(self.theme.font("body"))
        self.setStyleSheet(self.theme.sheet(stylesheet.field))
        super().restyle()

    def set_wrong(self, wrong: bool) -> None:
        """A red edge; the words that say why stand in the strip."""
        if bool(self.property("wrong")) != wrong:
            self.setProperty("wrong", wrong)
            self.style().unpolish(self)
            self.style().polish(self)


class Combo(Part, QComboBox):
    """A closed list. Painted here so that its arrow is an icon of the set."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.begin(context)

    def restyle(self) -> None:
        self.setFont(self.theme.font("body"))
        self.view().setFont(self.theme.font("body"))
        self.setStyleSheet(self.theme.sheet(stylesheet.choices))
        super().restyle()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.theme.px(240), self.theme.px(TARGET + 4))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.theme.px(120), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        edge, width = ("primary", FOCUS_WIDTH) if self.hasFocus() else ("edge", 1.0)
        ground, radius = self.theme.color("surface"), self.theme.px(8)
        fill_rounded(painter, QRectF(self.rect()), ground, self.theme.color(edge), radius, width)
        side, inset = self.theme.px(18), self.theme.px(12)
        room = self.rect().adjusted(inset, 0, -(side + 2 * inset), 0)
        painter.setFont(self.font())
        painter.setPen(self.theme.color("text" if self.isEnabled() else "muted"))
        shown = painter.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)
        corner = QPoint(self.width() - inset - side, (self.height() - side) // 2)
        painter.drawPixmap(corner, self.theme.icon("chevron-down", "muted", 18, self))


class Tick(Part, QCheckBox):
    """A tick box whose words may run over several lines."""

    def __init__(self, context: Context, key: str) -> None:
        super().__init__()
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.begin(context)
        self.say(self._set_words, key)

    def _set_words(self, words: str) -> None:
        self.setText(words)
        self.updateGeometry()

    def restyle(self) -> None:
        self.setFont(self.theme.font("body"))
        super().restyle()

    def _words_area(self, width: int) -> QRect:
        left = self.theme.px(22 + 12)
        return QRect(left, 0, max(1, width - left), 10_000)

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        flags = Qt.TextFlag.TextWordWrap
        words = self.fontMetrics().boundingRect(self._words_area(width), flags, self.text())
        return max(self.theme.px(TARGET), words.height() + self.theme.px(10))

    def sizeHint(self) -> QSize:  # noqa: N802
        words = self.fontMetrics().horizontalAdvance(self.text())
        return QSize(self.theme.px(22 + 14) + words, self.theme.px(TARGET))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.theme.px(160), self.theme.px(TARGET))

    def hitButton(self, _place: QPoint) -> bool:  # noqa: N802
        return True

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        side = self.theme.px(22)
        box = QRectF(0, (self.theme.px(TARGET) - side) / 2, side, side)
        on = self.isChecked()
        edge = "primary" if on or self.hasFocus() else "edge"
        fill = "primary" if on and self.isEnabled() else "surface" if self.isEnabled() else "background"
        width = FOCUS_WIDTH if self.hasFocus() else 1.4
        fill_rounded(painter, box, self.theme.color(fill), self.theme.color(edge), self.theme.px(5), width)
        if on:
            painter.drawPixmap(box.topLeft().toPoint() + QPoint(side // 8, side // 8), self._mark())
        painter.setFont(self.font())
        painter.setPen(self.theme.color("text" if self.isEnabled() else "muted"))
        words = self._words_area(self.width())
        words.setHeight(self.height())
        painter.drawText(words, Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter, self.text())
        if self.hasFocus():
            self._paint_focus(painter)

    def _mark(self) -> QPixmap:
        return self.theme.icon("check", "on_primary", 17, self)

    def _paint_focus(self, painter: QPainter) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self.theme.color("primary"), FOCUS_WIDTH))
        width = self.theme.px(34) + self.fontMetrics().horizontalAdvance(self.text()) + self.theme.px(8)
        area = QRectF(-3, 1, min(width, self.width() + 2), self.height() - 2)
        painter.drawRoundedRect(area, self.theme.px(6), self.theme.px(6))


class Segment(Part, QRadioButton):
    """One of a few choices that stand beside each other; the chosen one is filled and says so."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.begin(context)

    def restyle(self) -> None:
        self.setFont(self.theme.font("body"))
        super().restyle()

    def hitButton(self, _place: QPoint) -> bool:  # noqa: N802
        return True

    def sizeHint(self) -> QSize:  # noqa: N802
        words, px = self.fontMetrics(), self.theme.px
        return QSize(
            words.horizontalAdvance(self.text()) + 2 * px(14), max(px(TARGET), words.height() + px(8))
        )

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        area, radius = QRectF(self.rect()), self.theme.px(8)
        fill, ink = ("primary", "on_primary") if self.isChecked() else ("surface", "text")
        if self.underMouse() and not self.isChecked():
            fill = "primary_pale"
        edge = None if self.isChecked() else self.theme.color("edge")
        fill_rounded(painter, area, self.theme.color(fill), edge, radius)
        if self.hasFocus():
            inset = 3.0 if self.isChecked() else 0.0
            paint_focus(painter, area, self.theme.color(ink if inset else "primary"), radius, inset)
        painter.setFont(self.font())
        painter.setPen(self.theme.color(ink))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())


class Segments(Part, QWidget):
    """Exclusive choices in a row; arrow keys move between them."""

    chosen = Signal(str)

    def __init__(self, context: Context, values: Sequence[str]) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QRadioButton] = {}
        layout = row(context.theme, gap=8)
        for value in values:
            button = Segment(context)
            button.toggled.connect(partial(self._toggled, value))
            self._group.addButton(button)
            self.buttons[value] = button
            layout.addWidget(button)
        layout.addStretch(1)
        self.setLayout(layout)
        self.begin(context)

    def _toggled(self, value: str, on: bool) -> None:
        """By a click or by an arrow key, which clicks nothing."""
        if on:
            self.chosen.emit(value)

    def choose(self, value: str) -> None:
        if value in self.buttons:
            self.buttons[value].setChecked(True)
