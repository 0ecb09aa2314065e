"""Keyboard and screen readers: everything that takes the focus has a name, is large enough and can be reached."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.ui import gallery
from tests.ui.studio import Studio

LEAST_TARGET = 24


def focusable(window: QWidget) -> Iterator[QWidget]:
    for widget in window.findChildren(QWidget):
        takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
        if takes and widget.isVisible() and widget.isEnabled():
            yield widget


def name_of(widget: QWidget) -> str:
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)


@pytest.mark.parametrize("name", gallery.NAMES)
def test_every_focusable_has_a_name_and_is_large_enough(studio: Studio, name: str) -> None:
    studio.dress("en", "light", 100)
    studio.picture(name)
    faults = [
        f"{type(widget).__name__} {name_of(widget)!r} {widget.size().toTuple()}"
        for widget in focusable(studio.window)
        if not name_of(widget).strip() or min(widget.width(), widget.height()) < LEAST_TARGET
    ]
    assert not faults


@pytest.mark.parametrize("name", gallery.NAMES)
def test_tab_reaches_everything_and_is_never_trapped(studio: Studio, name: str) -> None:
    studio.dress("zh_TW", "light", 100)
    studio.picture(name)
    studio.window.activateWindow()
    assert QTest.qWaitForWindowActive(studio.window, 30_000), "keys go nowhere until the window has them"
    wanted = set(focusable(studio.window))
    start = QApplication.focusWidget() or next(iter(wanted))
    start.setFocus()
    reached = {start}
    for _ in range(len(wanted) + 4):
        QTest.keyClick(QApplication.focusWidget() or studio.window, Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget())
    missed = {name_of(widget) for widget in wanted - reached if not _radio_sibling(widget, reached)}
    assert not missed


def _radio_sibling(widget: QWidget, reached: set[QWidget]) -> bool:
    """Tab enters a group of choices once; arrow keys move inside it."""
    group = getattr(widget, "group", lambda: None)()
    return group is not None and any(other in reached for other in group.buttons())


@pytest.mark.parametrize("name", gallery.NAMES)
def test_every_page_shows_its_code(studio: Studio, name: str) -> None:
    studio.picture(name)
    window = studio.window
    at_home = window.stack.currentWidget() is window.home
    chip = window.home.foot.code if at_home else window.host.bar.code
    assert chip.isVisible()
    assert chip.code() in name_of(chip)
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == chip.code()
