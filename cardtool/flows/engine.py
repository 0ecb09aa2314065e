"""Runs a flow: named steps in order, each asked first whether it is done already.

Truth is the card, the RA and the disk; the journal is a hint for the home screen (spec 5.1). The
engine knows three ways to move: on, back to the last step where going back is harmless, and to
the step a flow names as the one that mends an error (a session that ran out, say).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from cardtool.errors import Cancelled, CardToolError
from cardtool.flows.ports import Act, Back, Cancel, Progress

MOST_MENDS = 3
"""How often one run may jump back to mend an error before it gives the error to the person."""


class FlowContext(Protocol):
    """What the engine needs of a flow's context; flows add their own facts."""

    @property
    def progress(self) -> Progress: ...

    @property
    def cancel(self) -> Cancel: ...

    def closing(self) -> AbstractContextManager[object]:
        """Gives up, at the end of every run, whatever is held (a card transaction, a PIN)."""
        ...

    def passed(self, step: str) -> None:
        """Called after each step: the place to note it in the journal."""
        ...


Context = TypeVar("Context", bound=FlowContext, contravariant=True)
"""Contravariant: a step that needs little of its context serves every flow whose context has more."""


def _never(_context: object) -> bool:
    return False


@dataclass(frozen=True)
class Step(Generic[Context]):
    """One step. ``done`` looks at the real world.

    ``forget`` is set where going back is harmless: it drops what the step found, so that it asks anew. It
    raises Back where the step asked nothing this time: then there is nothing to return to here.
    ``act`` is set on the steps that a working page lists. Cancel is looked at before a step, never
    inside it, so a step spans an irreversible act and its record.
    """

    name: str
    run: Callable[[Context], None]
    done: Callable[[Context], bool] = _never
    forget: Callable[[Context], None] | None = None
    act: Act | None = None
    cancellable: bool = True


@dataclass(frozen=True)
class Mend(Generic[Context]):
    """On ``error``: call ``prepare`` with it and go on from the step ``resume_at``."""

    error: type[CardToolError]
    resume_at: str
    prepare: Callable[[Context, CardToolError], None]


@dataclass(frozen=True)
class Flow(Generic[Context]):
    """A wizard: its code (``APC``), its steps and how it mends what can be mended without leaving."""

    code: str
    steps: tuple[Step[Context], ...]
    mends: tuple[Mend[Context], ...] = ()

    def acts(self) -> tuple[Act, ...]:
        return tuple(step.act for step in self.steps if step.act)

    def index(self, name: str) -> int:
        return next(place for place, step in enumerate(self.steps) if step.name == name)


def run(flow: Flow[Context], context: Context) -> None:
    """Run to the end. Raises Cancelled or the first error that no mend takes; may then be run again."""
    context.progress.planned(flow.acts())
    place, mends_left = 0, MOST_MENDS
    with context.closing():
        while place < len(flow.steps):
            step = flow.steps[place]
            try:
                _perform(step, context)
                place += 1
            except Back:
                place = _step_back(flow.steps, place, context)
            except CardToolError as error:
                mend = _mend_for(flow.mends, error)
                if mend is None or mends_left == 0:
                    raise
                mends_left -= 1
                mend.prepare(context, error)
                place = min(place, flow.index(mend.resume_at))


def _perform(step: Step[Context], context: Context) -> None:
    if step.cancellable and context.cancel.requested():
        raise Cancelled
    skipped = step.done(context)
    if step.act:
        context.progress.started(step.act)
    if not skipped:
        step.run(context)
    if step.act:
        context.progress.finished(step.act, skipped=skipped)
    context.passed(step.name)


def _step_back(steps: Sequence[Step[Context]], place: int, context: Context) -> int:
    """The nearest earlier step that may be asked anew; before the first one there is only leaving."""
    for earlier in range(place - 1, -1, -1):
        forget = steps[earlier].forget
        if forget is not None:
            with suppress(Back):
                forget(context)
                return earlier
    raise Cancelled


def _mend_for(mends: Sequence[Mend[Context]], error: CardToolError) -> Mend[Context] | None:
    return next((mend for mend in mends if isinstance(error, mend.error)), None)
