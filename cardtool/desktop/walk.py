"""One wizard on the window's card thread: what backstage says goes to the ports, what they say goes back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cardtool.desktop.messages import (
    Answer,
    Asked,
    Done,
    Failed,
    Finished,
    News,
    OfACall,
    PinAwaited,
    Planned,
    Refusal,
    Started,
    Stop,
)
from cardtool.errors import Cancelled
from cardtool.flows.ports import Back, Cancel, Progress, Prompts

if TYPE_CHECKING:
    from cardtool.desktop.partner import Talk

GLANCE = 0.1
"""Seconds between two looks whether the person wants to leave."""
LONGEST_GOODBYE = 180.0
"""Seconds until a wizard that was left comes to its end; no act of a card takes longer."""


class Walk:
    def __init__(self, talk: Talk, prompts: Prompts, progress: Progress, cancel: Cancel) -> None:
        self._talk, self._prompts, self._progress, self._cancel = talk, prompts, progress, cancel
        self._left_at: float | None = None

    def to_the_end(self) -> object:
        """The wizard's result. Raises its CardToolError, BackstageEnded."""
        while True:
            said = self._talk.hear(GLANCE)
            self._pass_on_cancel()
            if isinstance(said, Asked):
                self._talk.say(self._answer(said))
            elif isinstance(said, Done | Failed):
                return result_of(said)
            elif said is not None:
                tell(self._progress, said.news)

    def _answer(self, asked: Asked) -> Answer | Refusal:
        try:
            return Answer(asked.number, self._prompts.ask(asked.question))
        except (Back, Cancelled) as reason:
            return Refusal(asked.number, reason)

    def _pass_on_cancel(self) -> None:
        if not self._cancel.requested():
            return
        if self._left_at is None:
            self._left_at = time.monotonic()
            self._talk.say(Stop(self._talk.number))
        elif time.monotonic() - self._left_at > LONGEST_GOODBYE:
            self._talk.give_up()


def tell(progress: Progress, news: News) -> None:
    match news:
        case Planned(acts):
            progress.planned(acts)
        case Started(act):
            progress.started(act)
        case Finished(act, skipped):
            progress.finished(act, skipped=skipped)
        case PinAwaited(wanted):
            progress.pin_on_reader(wanted)


def result_of(said: OfACall | None) -> object:
    """Of a call that came to its end. Raises its CardToolError."""
    assert isinstance(said, Done | Failed), "nothing else comes to a call that asks and tells nothing"
    if isinstance(said, Failed):
        raise said.error
    return said.value
