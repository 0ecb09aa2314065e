"""The process behind the window: cards, flows, RA and practice world, asked for through one pipe.

It lives as long as the pipe. When the window is gone, whoever waits for an answer is told Cancelled, an act that
runs comes to its end, and the process ends too.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from io import FileIO
from queue import SimpleQueue
from typing import Any, Protocol

from cardtool.config import Settings
from cardtool.desktop.messages import (
    Answer,
    Asked,
    Call,
    CardsChanged,
    Chosen,
    Done,
    Failed,
    Finished,
    FromBackstage,
    Look,
    PinAwaited,
    Planned,
    Practise,
    Refusal,
    Run,
    Started,
    Stop,
    Told,
    UnitNoted,
)
from cardtool.desktop.pipe import Pipe
from cardtool.errors import Cancelled, CardToolError, Defect
from cardtool.flows.ports import Act, Cancel, PinOnReader, Progress, Prompts, Question
from cardtool.ui.card_thread import CardThread
from cardtool.ui.home_view import HomeView
from cardtool.ui.services import PracticeControls

LAST_ACT = 60.0
"""Seconds an act that cannot be interrupted may still take when the window is gone."""
TIDYING = 15.0
"""Seconds more until the process ends come what may."""
Send = Callable[[FromBackstage], None]

log = logging.getLogger(__name__)


class Stage(Protocol):
    """What is done here. All but ``watch`` and the controls on the card thread. ``desktop.services`` implements it."""

    def warm(self) -> None: ...

    def look(self) -> HomeView: ...

    def look_at_once(self) -> HomeView | None: ...

    def run(self, wizard: str, prompts: Prompts, progress: Progress, cancel: Cancel) -> object: ...

    def adopt(self, settings: Settings) -> None: ...

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]: ...

    @property
    def controls(self) -> PracticeControls: ...


class FarPerson:
    """Prompts, Progress and Cancel of one wizard: the person sits at the other end of the pipe."""

    def __init__(self, number: int, send: Send) -> None:
        self._number, self._send = number, send
        self._outcomes: SimpleQueue[object] = SimpleQueue()
        self._stopped, self._left = threading.Event(), threading.Event()

    def ask(self, question: Question[Any]) -> Any:
        """Raises Back, Cancelled."""
        if self._left.is_set():
            raise Cancelled
        self._send(Asked(self._number, question))
        outcome = self._outcomes.get()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def settle(self, outcome: object) -> None:
        self._outcomes.put(outcome)

    def stop(self) -> None:
        self._stopped.set()

    def leave(self) -> None:
        """Nobody is there any more."""
        self._stopped.set()
        self._left.set()
        self._outcomes.put(Cancelled())

    def requested(self) -> bool:
        return self._stopped.is_set()

    def planned(self, acts: Sequence[Act]) -> None:
        self._send(Told(self._number, Planned(tuple(acts))))

    def started(self, act: Act) -> None:
        self._send(Told(self._number, Started(act)))

    def finished(self, act: Act, *, skipped: bool) -> None:
        self._send(Told(self._number, Finished(act, skipped)))

    def pin_on_reader(self, wanted: PinOnReader | None) -> None:
        self._send(Told(self._number, PinAwaited(wanted)))


class Backstage:
    """Serves one window."""

    def __init__(self, pipe: Pipe, stage: Stage) -> None:
        self._pipe, self._stage = pipe, stage
        self._cards, self._aside = CardThread(), CardThread()
        self._people: dict[int, FarPerson] = {}

    def serve(self) -> None:
        """Until the pipe ends."""
        self._cards.submit(partial(self._safely, self._stage.warm))
        unwatch = self._stage.watch(lambda: self._send(CardsChanged()))
        with suppress(EOFError):
            while True:
                self._safely(partial(self._hear, self._pipe.receive()))
        end_for_certain(LAST_ACT + TIDYING)
        for person in list(self._people.values()):
            person.leave()
        self._cards.end()
        self._aside.end()
        self._cards.join(LAST_ACT)
        unwatch()

    def _hear(self, message: object) -> None:
        match message:
            case Call(number, wish):
                self._take(number, wish)
            case Answer(number, outcome) | Refusal(number, outcome):
                self._settle(number, outcome)
            case Stop(number) if number in self._people:
                self._people[number].stop()
            case Chosen(settings):
                self._cards.submit(partial(self._safely, partial(self._stage.adopt, settings)))

    def _take(self, number: int, wish: Look | Run | Practise) -> None:
        match wish:
            case Look(at_once):
                look = self._stage.look_at_once if at_once else self._stage.look
                self._cards.submit(partial(self._do, number, look))
            case Run(wizard):
                person = self._people[number] = FarPerson(number, self._send)
                run = partial(self._stage.run, wizard, person, person, person)
                self._cards.submit(partial(self._do, number, run))
            case Practise(control, arguments):
                practise = partial(getattr(self._stage.controls, control), *arguments)
                self._aside.submit(partial(self._do, number, practise))

    def _settle(self, number: int, outcome: object) -> None:
        if (person := self._people.get(number)) is not None:
            person.settle(outcome)

    def _do(self, number: int, work: Callable[[], object]) -> None:
        try:
            self._send(Done(number, work()))
        except CardToolError as error:
            self._send(Failed(number, error))
        except Exception as error:
            log.error("defect", exc_info=error)
            self._send(Failed(number, Defect(type(error).__name__)))
        finally:
            self._people.pop(number, None)

    def _safely(self, work: Callable[[], object]) -> None:
        """What nobody waits for. What is wrong is in the log, and shows itself to the next who asks."""
        try:
            work()
        except Exception as error:
            log.error("defect", exc_info=error)

    def _send(self, message: FromBackstage) -> None:
        with suppress(OSError):  # the window is gone: the end of the pipe is being noticed
            self._pipe.send(message)


def own_pipe() -> Pipe:
    """Standard input and output as the pipe. Nothing else of this process or its children can use them any more."""
    reading, writing = (FileIO(os.dup(number), mode) for number, mode in ((0, "r"), (1, "w")))
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(nothing, number)
    os.close(nothing)
    return Pipe(reading, writing)


def note_unit(pipe: Pipe, unit: str) -> None:
    """The window keeps it with the settings; one that is gone needs it no more."""
    with suppress(OSError):
        pipe.send(UnitNoted(unit))


def end_for_certain(seconds: float) -> None:
    """A driver that never answers keeps no process alive without its window."""
    timer = threading.Timer(seconds, os._exit, (1,))
    timer.daemon = True
    timer.start()
