"""Work in turns: in order, one piece for each round, and what waits for its turn can be done or dropped."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cardtool.ui.turns import Turns


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def turns(qapp: QApplication) -> Turns:
    return Turns(QObject(qapp))


def test_what_is_due_meanwhile_comes_between_two_pieces(turns: Turns, done: list[str], qtbot: QtBot) -> None:
    def work(name: str) -> None:
        done.append(name)
        time.sleep(0.005)

    other = QTimer(turns, interval=1, timerType=Qt.TimerType.PreciseTimer)
    other.timeout.connect(lambda: done.append("-"))
    other.start()
    turns.add(lambda: work("a"), lambda: work("b"), lambda: work("c"))
    qtbot.waitUntil(lambda: "c" in done)
    other.stop()
    assert done.index("a") < done.index("-", done.index("a")) < done.index("b")
    assert done.index("b") < done.index("-", done.index("b")) < done.index("c")


def test_nothing_is_done_at_once(turns: Turns, done: list[str]) -> None:
    turns.add(lambda: done.append("a"))
    assert done == []


def test_what_is_left_is_done_when_it_must_be(turns: Turns, done: list[str], qapp: QApplication) -> None:
    turns.add(lambda: done.append("a"), lambda: done.append("b"))
    turns.finish()
    assert done == ["a", "b"]
    qapp.processEvents()
    assert done == ["a", "b"]


def test_what_is_dropped_is_never_done(turns: Turns, done: list[str], qapp: QApplication) -> None:
    turns.add(lambda: done.append("a"))
    turns.drop()
    qapp.processEvents()
    assert done == []


def test_a_piece_may_drop_the_rest(turns: Turns, done: list[str], qtbot: QtBot) -> None:
    turns.add(turns.drop, lambda: done.append("a"))
    qtbot.wait(20)
    assert done == []


def test_a_piece_that_fails_does_not_keep_the_others_back(
    turns: Turns, done: list[str], qtbot: QtBot
) -> None:
    def broken() -> None:
        raise ValueError

    with qtbot.captureExceptions() as raised:
        turns.add(broken, lambda: done.append("b"))
        qtbot.waitUntil(lambda: done == ["b"])
    assert [kind for kind, _, _ in raised] == [ValueError]
