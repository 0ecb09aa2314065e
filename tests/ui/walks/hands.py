"""How a person reaches what they see: by mouse, or by keyboard alone. Hidden or disabled things cannot be reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QScrollArea, QWidget

from cardtool.ui.widgets.terms import TermsView

LEFT = Qt.MouseButton.LeftButton
MOST_TABS = 120
MOST_TURNS = 200
BREATH = 30
"""Milliseconds: nobody chooses the next thing before the window has answered to the last."""


class Hands(Protocol):
    def press(self, widget: QWidget) -> None: ...

    def fill(self, line: QLineEdit, words: str) -> None: ...

    def take(self, choice: QAbstractButton) -> None:
        """One of several that exclude each other."""
        ...

    def select(self, combo: QComboBox, words: str) -> None: ...

    def read(self, terms: TermsView) -> None:
        """To the end."""
        ...

    def press_twice(self, widget: QWidget) -> None:
        """As hasty people do."""
        ...


def require_usable(widget: QWidget) -> None:
    assert widget.isVisible(), f"{widget!r} is not to be seen"
    assert widget.isEnabled(), f"{widget!r} cannot be used"


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None, "nothing has the focus"
    return widget


def type_words(words: str) -> None:
    QTest.keyClicks(focused(), words)


def type_key(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(focused(), key, modifier)


class Mouse:
    """Implements Hands. Everything is done where the pointer finds the widget in its window."""

    def press(self, widget: QWidget) -> None:
        window, place = self._aim(widget)
        hit = window.childAt(place)
        assert hit is widget or widget.isAncestorOf(hit), f"{hit!r} lies over {widget!r}"
        QTest.mouseClick(hit, LEFT, pos=hit.mapFrom(window, place))

    def press_twice(self, widget: QWidget) -> None:
        window, place = self._aim(widget)
        hit = window.childAt(place)
        where = hit.mapFrom(window, place)
        QTest.mouseClick(hit, LEFT, pos=where)
        QTest.mouseDClick(hit, LEFT, pos=where)

    def fill(self, line: QLineEdit, words: str) -> None:
        self.press(line)
        type_key(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        type_words(words)

    def take(self, choice: QAbstractButton) -> None:
        self.press(choice)
        QTest.qWait(BREATH)

    def select(self, combo: QComboBox, words: str) -> None:
        self.press(combo)
        view = combo.view()
        found = view.model().index(combo.findText(words), 0)
        assert found.isValid(), f"no {words!r} to choose"
        view.scrollTo(found)
        QTest.qWait(QApplication.doubleClickInterval() + 50)  # a list that just opened takes no click
        QTest.mouseClick(view.viewport(), LEFT, pos=view.visualRect(found).center())

    def read(self, terms: TermsView) -> None:
        require_usable(terms.text)
        self._aim(terms.text)
        for _ in range(MOST_TURNS):
            turn_wheel(terms.text.viewport(), -120)
            QTest.qWait(1)
            if terms.was_read:
                return

    def _aim(self, widget: QWidget) -> tuple[QWidget, QPoint]:
        """Scrolled into view by the wheel if need be; the window and the widget's middle in it."""
        require_usable(widget)
        middle = widget.rect().center()
        area = area_of(widget)
        for _ in range(MOST_TURNS if area else 0):
            assert area is not None
            place = widget.mapTo(area.viewport(), middle)
            if area.viewport().rect().contains(place):
                break
            turn_wheel(area.viewport(), -120 if place.y() > 0 else 120)
            QTest.qWait(1)
        window = widget.window()
        return window, widget.mapTo(window, middle)


class Keyboard:
    """Implements Hands: Tab, arrows, space, Enter and letters to whatever has the focus."""

    def press(self, widget: QWidget) -> None:
        self.tab_to(widget)
        type_key(Qt.Key.Key_Space)

    def press_twice(self, widget: QWidget) -> None:
        self.tab_to(widget)
        QTest.keyClick(widget, Qt.Key.Key_Return)
        QTest.keyClick(widget, Qt.Key.Key_Return)

    def fill(self, line: QLineEdit, words: str) -> None:
        self.tab_to(line)
        type_key(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        type_words(words)

    def take(self, choice: QAbstractButton) -> None:
        others = choice.group().buttons()
        self._tab_until(lambda: focused() in others, choice)
        beside = focused().y() == choice.y()
        for _ in others:
            if focused() is choice:
                break
            type_key(Qt.Key.Key_Right if beside else Qt.Key.Key_Down)
        if not choice.isChecked():
            type_key(Qt.Key.Key_Space)
        QTest.qWait(BREATH)

    def select(self, combo: QComboBox, words: str) -> None:
        wanted = combo.findText(words)
        assert wanted >= 0, f"no {words!r} to choose"
        self.tab_to(combo)
        type_key(Qt.Key.Key_Home)
        for _ in range(wanted):
            type_key(Qt.Key.Key_Down)

    def read(self, terms: TermsView) -> None:
        self.tab_to(terms.text)
        for _ in range(MOST_TURNS):
            type_key(Qt.Key.Key_PageDown)
            QTest.qWait(1)
            if terms.was_read:
                return

    def tab_to(self, widget: QWidget) -> None:
        require_usable(widget)
        self._tab_until(lambda: focused() is widget, widget)

    def _tab_until(self, reached: Callable[[], bool], wanted: QWidget) -> None:
        for _ in range(MOST_TABS):
            if reached():
                return
            type_key(Qt.Key.Key_Tab)
        raise AssertionError(f"Tab does not lead to {wanted!r}")


def area_of(widget: QWidget) -> QScrollArea | None:
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QScrollArea):
        parent = parent.parentWidget()
    return parent


def turn_wheel(widget: QWidget, angle: int) -> None:
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle, widget.mapToGlobal(middle), QPoint(), QPoint(0, angle), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
