"""What is typed into a secret field is never in the accessibility tree, and goes when the page goes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from cardtool.ui.context import Context
from cardtool.ui.widgets.secret_field import SecretField

PIN = "pq7391"


@pytest.fixture
def field(context: Context, qtbot: QtBot) -> SecretField:
    made = SecretField(context, "pin.label", 6, 8)
    qtbot.addWidget(made)
    made.show()
    made.line.setFocus()
    return made


def tree_words(widget: QWidget) -> str:
    """All names, values and texts of the accessibility tree below ``widget``."""
    kinds = (
        QAccessible.Text.Name,
        QAccessible.Text.Value,
        QAccessible.Text.Description,
        QAccessible.Text.Help,
    )
    words: list[str] = []

    def visit(interface: QAccessibleInterface) -> None:
        words.extend(interface.text(kind) for kind in kinds)
        text = interface.textInterface()
        if text is not None:
            words.append(text.text(0, text.characterCount()))
        for place in range(interface.childCount()):
            visit(interface.child(place))

    visit(QAccessible.queryAccessibleInterface(widget))
    return " ".join(words)


def test_masked_in_the_tree_even_while_revealed(field: SecretField) -> None:
    QTest.keyClicks(field.line, PIN)
    assert PIN not in tree_words(field)
    QTest.mousePress(field._reveal, Qt.MouseButton.LeftButton)
    assert field.line._revealed
    assert field.line.echoMode() == QLineEdit.EchoMode.Password
    assert PIN not in tree_words(field)
    QTest.mouseRelease(field._reveal, Qt.MouseButton.LeftButton)
    assert not field.line._revealed


def test_revealing_paints_something_else(field: SecretField) -> None:
    QTest.keyClicks(field.line, PIN)
    masked = field.line.grab().toImage()
    QTest.mousePress(field._reveal, Qt.MouseButton.LeftButton)
    assert field.line.grab().toImage() != masked
    QTest.mouseRelease(field._reveal, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))


def test_the_length_is_counted_in_words(field: SecretField) -> None:
    QTest.keyClicks(field.line, "1234")
    assert "4" in field.count.text()
    assert "6" in field.count.text()
    assert field.line.accessibleDescription() == field.count.text()


def test_pasting_works_and_copying_does_not(field: SecretField) -> None:
    QApplication.clipboard().setText(PIN)
    QTest.keyClick(field.line, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert field.peek_length() == len(PIN)
    QApplication.clipboard().setText("other")
    field.line.selectAll()
    QTest.keyClick(field.line, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "other"


def test_taking_empties_it_and_undo_brings_nothing_back(field: SecretField) -> None:
    QTest.keyClicks(field.line, PIN)
    secret = field.take()
    assert secret.text() == PIN
    assert field.peek_length() == 0
    QTest.keyClick(field.line, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert PIN not in field.line.text()


def test_caps_lock_is_told(field: SecretField) -> None:
    QTest.keyClicks(field.line, "ab")
    assert not field.warning.isVisible()
    QTest.keyEvent(QTest.KeyAction.Click, field.line, "A", Qt.KeyboardModifier.NoModifier)
    assert "Caps Lock" in field.warning.text()
    assert field.warning.isVisible()


def test_full_width_characters_are_told(field: SecretField) -> None:
    field.line.setText("\uff11\uff12")
    assert field.warning.isVisible()


def test_a_wrong_value_is_cleared_and_asked_again(field: SecretField) -> None:
    QTest.keyClicks(field.line, PIN)
    field.fail()
    assert field.peek_length() == 0
    assert field.line.property("wrong") is True
    QTest.keyClicks(field.line, "1")
    assert field.line.property("wrong") is False
