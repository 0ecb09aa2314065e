"""The engine: order, looking before acting, going back, mending, cancelling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import pytest

from cardtool.errors import Cancelled, CardRemoved, CardToolError, RelayVoid
from cardtool.flows.engine import MOST_MENDS, Flow, Mend, Step, run
from cardtool.flows.ports import Act, Back, PinOnReader


@dataclass
class Recording:
    """A context that writes down what happens to it."""

    log: list[str] = field(default_factory=list)
    cancel_after: str = ""

    @property
    def progress(self) -> Recording:
        return self

    @property
    def cancel(self) -> Recording:
        return self

    def requested(self) -> bool:
        return bool(self.cancel_after) and f"passed {self.cancel_after}" in self.log

    def pin_on_reader(self, wanted: PinOnReader | None) -> None: ...

    def planned(self, acts: Sequence[Act]) -> None:
        self.log.append("planned " + ",".join(act.name for act in acts))

    def started(self, act: Act) -> None:
        self.log.append(f"started {act.name}")

    def finished(self, act: Act, *, skipped: bool) -> None:
        self.log.append(f"{'skipped' if skipped else 'finished'} {act.name}")

    def passed(self, step: str) -> None:
        self.log.append(f"passed {step}")

    def closing(self) -> AbstractContextManager[None]:
        @contextmanager
        def closed():
            try:
                yield
            finally:
                self.log.append("closed")

        return closed()


def say(text: str) -> Callable[[Recording], None]:
    return lambda context: context.log.append(text)


def once(error: BaseException) -> Callable[[Recording], None]:
    waiting = [error]

    def perform(context: Recording) -> None:
        context.log.append("tried")
        if waiting:
            raise waiting.pop()

    return perform


def flow(*steps: Step[Recording], mends: Sequence[Mend[Recording]] = ()) -> Flow[Recording]:
    return Flow("TST", steps, tuple(mends))


def test_steps_run_in_order_and_the_context_is_closed_at_the_end():
    context = Recording()
    run(flow(Step("one", say("1")), Step("two", say("2"))), context)
    assert context.log == ["planned ", "1", "passed one", "2", "passed two", "closed"]


def test_a_step_that_is_done_is_shown_as_skipped_and_not_run():
    context, act = Recording(), Act("write", "APC-4")
    run(flow(Step("write", say("ran"), lambda _: True, act=act)), context)
    assert context.log == ["planned write", "started write", "skipped write", "passed write", "closed"]


def test_back_returns_to_the_nearest_step_that_may_be_asked_anew():
    context = Recording()
    steps = (
        Step("far", say("far"), forget=say("forget far")),
        Step("near", say("near"), forget=say("forget near")),
        Step("act", say("act")),
        Step("ask", once(Back())),
    )
    run(flow(*steps), context)
    assert [line for line in context.log if "passed" not in line][1:] == [
        *("far", "near", "act", "tried", "forget near"),
        *("near", "act", "tried", "closed"),
    ]


def test_back_from_the_first_page_leaves():
    with pytest.raises(Cancelled):
        run(flow(Step("ask", once(Back()))), Recording())


def test_a_mend_prepares_and_resumes_where_it_says():
    context = Recording()
    mend = Mend(CardRemoved, "card", lambda context, error: context.log.append(error.code))
    run(flow(Step("card", say("card")), Step("act", once(CardRemoved())), mends=[mend]), context)
    assert context.log == [
        *("planned ", "card", "passed card", "tried", "C101"),
        *("card", "passed card", "tried", "passed act", "closed"),
    ]


def test_an_error_no_mend_takes_is_raised_and_the_context_closed():
    context = Recording()
    mend = Mend(CardRemoved, "act", lambda _context, _error: None)
    with pytest.raises(RelayVoid):
        run(flow(Step("act", once(RelayVoid())), mends=[mend]), context)
    assert context.log[-1] == "closed"


def test_mending_ends_when_it_does_not_help():
    def always(context: Recording) -> None:
        context.log.append("tried")
        raise CardRemoved

    context = Recording()
    mend = Mend(CardRemoved, "act", lambda _context, _error: None)
    with pytest.raises(CardRemoved):
        run(flow(Step("act", always), mends=[mend]), context)
    assert context.log.count("tried") == MOST_MENDS + 1


def test_a_mend_never_jumps_forward():
    """An error before the step a mend names goes on where it happened, not past steps never made."""
    context = Recording()
    mend = Mend(CardRemoved, "last", lambda _context, _error: None)
    run(flow(Step("first", once(CardRemoved())), Step("last", say("last")), mends=[mend]), context)
    assert context.log.count("tried") == 2


def test_cancel_is_looked_at_between_steps_and_not_before_one_that_may_not_be_cancelled():
    context = Recording(cancel_after="act")
    steps = (
        Step("act", say("act")),
        Step("record", say("record"), cancellable=False),
        Step("next", say("next")),
    )
    with pytest.raises(Cancelled):
        run(flow(*steps), context)
    assert "record" in context.log
    assert "next" not in context.log


def test_a_prepare_that_raises_ends_the_run():
    def refuse(_context: Recording, error: CardToolError) -> None:
        raise error

    with pytest.raises(CardRemoved):
        run(flow(Step("act", once(CardRemoved())), mends=[Mend(CardRemoved, "act", refuse)]), Recording())
