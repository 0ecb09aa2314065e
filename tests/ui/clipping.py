"""Finds words that do not fit: clipped labels and buttons, pages wider than the window, parts over each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QScrollArea, QWidget

from cardtool.ui.widgets.buttons import Button
from cardtool.ui.widgets.choices import Choice
from cardtool.ui.widgets.fields import Tick

SLACK = 1


def faults(window: QWidget) -> list[str]:
    """One line for each fault, empty when all is well."""
    found = [*_clipped(window), *_too_wide(window), *_overlapping(window)]
    return list(found)


def _shown(window: QWidget, kind: type[QWidget]) -> Iterator[QWidget]:
    return (widget for widget in window.findChildren(kind) if widget.isVisible())


def _clipped(window: QWidget) -> Iterator[str]:
    for label in _shown(window, QLabel):
        if label.text() and not _label_fits(label):
            yield f"label clipped: {label.text()!r} in {label.size().toTuple()}"
    for button in _shown(window, Button):
        needed = button.sizeHint()
        if button.width() + SLACK < needed.width() or button.height() + SLACK < needed.height():
            yield f"button clipped: {button.text()!r} {button.size().toTuple()} < {needed.toTuple()}"
    for kind in (Choice, Tick):
        for widget in _shown(window, kind):
            if widget.height() + SLACK < widget.heightForWidth(widget.width()):
                yield f"{kind.__name__} clipped: {widget.accessibleName() or widget.text()!r}"


def _label_fits(label: QLabel) -> bool:
    room = label.contentsRect()
    flags = Qt.TextFlag.TextWordWrap if label.wordWrap() else Qt.TextFlag.TextSingleLine
    needed = label.fontMetrics().boundingRect(QRect(0, 0, room.width(), 100_000), flags, label.text())
    return needed.width() <= room.width() + SLACK and needed.height() <= room.height() + SLACK


def _too_wide(window: QWidget) -> Iterator[str]:
    for area in _shown(window, QScrollArea):
        content = area.widget()
        if content.minimumSizeHint().width() > area.viewport().width() + SLACK:
            yield f"page needs {content.minimumSizeHint().width()} of {area.viewport().width()} px"
        if content.width() > area.viewport().width() + SLACK:
            yield f"page is {content.width()} wide in {area.viewport().width()} px"


def _overlapping(window: QWidget) -> Iterator[str]:
    """Leaves of the same scrolled page or bar; what is scrolled away under a bar is clipped by its viewport."""
    leaves = [leaf for leaf in (*_shown(window, QLabel), *_shown(window, QAbstractButton)) if leaf.size()]
    for one, other in combinations(leaves, 2):
        if one.isAncestorOf(other) or other.isAncestorOf(one) or _area_of(one) is not _area_of(other):
            continue
        common = _place(one, window).intersected(_place(other, window))
        if common.width() > SLACK and common.height() > SLACK:
            yield f"{_name(one)} lies over {_name(other)}"


def _area_of(widget: QWidget) -> QWidget | None:
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QScrollArea):
        parent = parent.parentWidget()
    return parent


def _place(widget: QWidget, window: QWidget) -> QRect:
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def _name(widget: QWidget) -> str:
    words = widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""
    return f"{type(widget).__name__} {words!r}"
