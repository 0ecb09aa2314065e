"""Questions cross two threads and always come to an end."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from cardtool.errors import Cancelled
from cardtool.flows.ports import Back
from cardtool.ui.card_thread import CardThread
from cardtool.ui.prompts import QtPrompts
from tests.ui import samples
from tests.ui.studio import PATIENCE


class Asking:
    """Asks on a thread of its own and keeps what came back."""

    def __init__(self, prompts: QtPrompts, times: int = 1) -> None:
        self.outcomes: list[object] = []
        self._prompts, self._times = prompts, times
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        for _ in range(self._times):
            try:
                self.outcomes.append(self._prompts.ask(samples.ask_pin()))
            except (Cancelled, Back) as told:
                self.outcomes.append(type(told))

    def ended(self) -> bool:
        return not self.thread.is_alive()


@pytest.fixture
def prompts(qapp: object) -> QtPrompts:
    return QtPrompts()


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda prompts: prompts.answer("right"), "right"),
        (lambda prompts: prompts.back(), Back),
        (lambda prompts: prompts.close(), Cancelled),
    ],
)
def test_how_a_question_ends(
    qtbot: QtBot, prompts: QtPrompts, act: Callable[[QtPrompts], object], expected: object
) -> None:
    with qtbot.waitSignal(prompts.asked, timeout=PATIENCE):
        asking = Asking(prompts)
    act(prompts)
    qtbot.waitUntil(asking.ended, timeout=PATIENCE)
    assert asking.outcomes == [expected]


def test_a_second_click_answers_nothing(qtbot: QtBot, prompts: QtPrompts) -> None:
    with qtbot.waitSignal(prompts.asked, timeout=PATIENCE):
        asking = Asking(prompts)
    assert prompts.answer("first")
    assert not prompts.answer("second")
    qtbot.waitUntil(asking.ended, timeout=PATIENCE)
    assert asking.outcomes == ["first"]


def test_after_closing_every_question_is_cancelled_at_once(qtbot: QtBot, prompts: QtPrompts) -> None:
    prompts.close()
    asking = Asking(prompts, times=3)
    asking.thread.join(PATIENCE / 1000)
    assert asking.outcomes == [Cancelled] * 3


def test_questions_arrive_in_the_windows_thread(qtbot: QtBot, prompts: QtPrompts) -> None:
    seen: list[threading.Thread] = []
    prompts.asked.connect(lambda _question: seen.append(threading.current_thread()))
    with qtbot.waitSignal(prompts.asked, timeout=PATIENCE):
        asking = Asking(prompts)
    prompts.close()
    asking.thread.join(PATIENCE / 1000)
    assert seen == [threading.main_thread()]


def test_the_card_thread_runs_in_order_and_ends() -> None:
    thread, order = CardThread(), []
    for number in range(5):
        thread.submit(lambda number=number: order.append(number))
    thread.submit(thread.check_here)
    thread.end()
    assert thread.join(PATIENCE / 1000)
    assert order == [0, 1, 2, 3, 4]
    with pytest.raises(AssertionError):
        thread.check_here()
