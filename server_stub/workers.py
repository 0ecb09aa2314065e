"""``serve --workers N``: several processes on one listening socket. Who dies is replaced; all end together.

The socket stays with the process that looks after them, so callers wait for a moment where there would be nobody.
Each worker has a line to that process and ends when the line does, however that came about.
"""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import wait
from threading import Event, Thread
from time import monotonic
from typing import Any, Final, TypeAlias

from starlette.types import ASGIApp

from server_stub import app, logs, presence, serving
from server_stub.serving import Tls
from server_stub.settings import Settings

# Not forked: a copy of open connections and of running threads would be of no use to anybody.
_SPAWN: Final = get_context("spawn")
_LOOK_EVERY: Final = 0.5
_SECONDS_TO_END: Final = serving.SECONDS_TO_END + 5
_LIVES_LONG: Final = 60.0
_LONGEST_PAUSE: Final = 30.0
Line: TypeAlias = Any
"""A multiprocessing Connection; on Windows its class has another name."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Work:
    """What each worker is started with."""

    settings: Settings
    bound: socket.socket
    tls: Tls | None


def run(
    work: Work, count: int, *, ready: Callable[[], None], until: Callable[[], object] | None = None
) -> None:
    """Serve with ``count`` processes until SIGTERM, SIGINT, or ``until`` returns; requests in hand are finished.

    ``ready`` is called once, when all of them answer.
    """
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if until is not None:
        Thread(target=_stop_after, args=(until, stop), daemon=True).start()
    seats = [_Seat(work) for _ in range(count)]
    with presence.announced(work.settings.data):  # also while no worker is there to say so
        try:
            _look_after(seats, ready, stop)
        finally:
            _end(seats)


def _stop_after(until: Callable[[], object], stop: Event) -> None:
    until()
    stop.set()


def pause_after(lived: float, before: float) -> float:
    """Seconds until the next worker, after one that lived so long and the pause ``before`` it."""
    return 0.0 if lived >= _LIVES_LONG else min(max(1.0, 2 * before), _LONGEST_PAUSE)


class _Seat:
    """The place of one worker, taken anew when it has become free."""

    def __init__(self, work: Work) -> None:
        self.line: Line | None = None
        self.is_ready = False
        self._work = work
        self._pause, self._begun = 0.0, 0.0
        self._free_until = 0.0

    def take(self) -> None:
        """Start a worker, unless there is one or it is too early."""
        if self.line is not None or monotonic() < self._free_until:
            return
        self.line, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_work, args=(self._work, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._begun = monotonic()
        _log.info("worker-started", extra={"worker": self._process.pid})

    def hear(self) -> None:
        """The worker says that it is ready, or nothing any more."""
        assert self.line is not None
        try:
            self.line.recv()
            self.is_ready = True
        except (EOFError, OSError):
            self._leave()

    def _leave(self) -> None:
        self._pause = pause_after(monotonic() - self._begun, self._pause)
        self.end(_SECONDS_TO_END)
        self._free_until = monotonic() + self._pause
        _log.error("worker-died", extra={"worker": self._process.pid, "status": self._process.exitcode})

    def hang_up(self) -> None:
        if self.line is not None:
            self.line.close()

    def end(self, patience: float) -> None:
        """Gone after this. It has been told, or is ending by itself."""
        if self.line is None:
            return
        self.hang_up()
        self._process.join(patience)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        self.line, self.is_ready = None, False


def _look_after(seats: Sequence[_Seat], ready: Callable[[], None], stop: Event) -> None:
    is_announced = False
    while not stop.is_set():
        for seat in seats:
            seat.take()
        lines = {seat.line: seat for seat in seats if seat.line is not None}
        if not lines:
            stop.wait(_LOOK_EVERY)
            continue
        for line in wait(list(lines), _LOOK_EVERY):
            lines[line].hear()
        if not is_announced and all(seat.is_ready for seat in seats):
            is_announced = True
            ready()


def _end(seats: Sequence[_Seat]) -> None:
    give_up = monotonic() + _SECONDS_TO_END
    for seat in seats:
        seat.hang_up()
    for seat in seats:
        seat.end(max(0.0, give_up - monotonic()))


def _work(work: Work, line: Line) -> None:
    """A worker's whole life."""

    def say_ready() -> None:
        with suppress(OSError):
            line.send(None)

    def hang_up() -> None:
        with suppress(EOFError, OSError):
            line.poll(None)

    logs.configure()
    application = _opened(work.settings)
    serving.run(application, work.bound, tls=work.tls, ready=say_ready, until=hang_up)


def _opened(settings: Settings) -> ASGIApp:
    """Told in the log as everything is; when the next worker comes, the database may be back."""
    try:
        return app.create_app(settings)
    except Exception as error:
        _log.error("worker-cannot-start", extra={"defect": type(error).__name__})
        raise SystemExit(1) from error
