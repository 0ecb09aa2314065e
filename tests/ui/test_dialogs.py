"""Why there is no window is told like any failure: what happened, what is safe, what to do, the code."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from cardtool.config import Settings
from cardtool.errors import FolderNotWritable
from cardtool.ui import run
from cardtool.ui.context import Context
from cardtool.ui.dialogs import CannotOpen
from tests.ui.studio import strict_words

ERROR = FolderNotWritable("data")


def test_a_window_that_cannot_be_opened_says_why(context: Context) -> None:
    dialog = CannotOpen(context, ERROR)
    words = context.messages.error(ERROR)
    told = {label.text() for label in dialog.findChildren(QLabel)}
    assert {words.title, words.safety, words.advice} <= told
    assert dialog.chip.code() == "L201"
    assert dialog.shut.text() == context.messages.text("close")


def test_enter_ends_it_with_the_errors_exit_status(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    def enter() -> None:
        dialog = next(shown for shown in qapp.topLevelWidgets() if isinstance(shown, CannotOpen))
        QTest.keyClick(dialog, Qt.Key.Key_Return)

    monkeypatch.setattr(run, "QApplication", lambda _arguments: qapp)
    QTimer.singleShot(0, enter)
    assert run.refuse(ERROR, strict_words, Settings(), language="en", practice=False) == 6
