"""The practice panel asks its controls on a thread of its own and shows the world as it is afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from cardtool.errors import PracticeNotReady
from cardtool.ui.context import Context
from cardtool.ui.practice_panel import PracticePanel
from tests.ui import samples
from tests.ui.studio import PATIENCE


class Controls:
    """A practice world of one reader; ``done`` notes what was asked and on which thread."""

    def __init__(self) -> None:
        self.done: list[tuple[object, ...]] = []
        self.threads: set[str] = set()
        self.card = ""

    def _note(self, *what: object) -> None:
        self.done.append(what)
        self.threads.add(threading.current_thread().name)

    def people(self) -> tuple[tuple[str, str, str], ...]:
        return (("demo-fresh", "Fresh2026x", "123456"), ("demo-none", "letter-1234", ""))

    def readers(self) -> tuple[tuple[str, str], ...]:
        return (("Practice Reader 1", self.card),)

    def cards(self) -> tuple[str, ...]:
        return ("card-1", "card-2")

    def insert(self, reader: str, card: str) -> None:
        self._note("insert", reader, card)
        self.card = card

    def remove(self, reader: str) -> None:
        self._note("remove", reader)
        self.card = ""

    def plug_reader(self) -> None:
        raise PracticeNotReady("reader")

    def now(self) -> datetime:
        return samples.NOW

    def advance(self, days: int) -> None:
        self._note("advance", days)

    def fault_names(self) -> tuple[str, ...]:
        return ("status-502", "slow")

    def arm(self, fault: str) -> None:
        self._note("arm", fault)

    def clear_faults(self) -> None:
        self._note("clear")


@pytest.fixture
def controls() -> Controls:
    return Controls()


@pytest.fixture
def panel(context: Context, controls: Controls, qtbot: QtBot) -> Iterator[PracticePanel]:
    made = PracticePanel(context, controls)
    made.show()
    qtbot.waitUntil(made.insert.isEnabled, timeout=PATIENCE)
    yield made
    made.end()
    made.deleteLater()


def press(panel: PracticePanel, button: QWidget, qtbot: QtBot) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(panel.insert.isEnabled, timeout=PATIENCE)


def test_insert_pull_and_swap(panel: PracticePanel, controls: Controls, qtbot: QtBot) -> None:
    press(panel, panel.insert, qtbot)
    assert "card-1" in panel.reader.currentText()
    panel.card.setCurrentIndex(1)
    press(panel, panel.insert, qtbot)
    press(panel, panel.remove, qtbot)
    reader = "Practice Reader 1"
    assert controls.done == [("insert", reader, "card-1"), ("insert", reader, "card-2"), ("remove", reader)]
    assert threading.main_thread().name not in controls.threads


def test_faults_and_letters(panel: PracticePanel, controls: Controls, qtbot: QtBot) -> None:
    press(panel, panel.arm, qtbot)
    press(panel, panel.clear, qtbot)
    assert controls.done == [("arm", "status-502"), ("clear",)]
    assert "Fresh2026x" in panel.people.text()
    assert "demo-none" in panel.people.text()


def test_a_failure_is_told_in_words(panel: PracticePanel, qtbot: QtBot) -> None:
    press(panel, panel.second, qtbot)
    assert panel.strip.isVisible()
    assert "L301" in panel.strip.accessibleName()
