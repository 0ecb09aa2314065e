"""Backstage as the window sees it: a child process, and what is talked about with it."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import FileIO
from itertools import count
from queue import Empty, SimpleQueue

from cardtool.desktop.messages import (
    Call,
    CardsChanged,
    Done,
    Failed,
    FromWindow,
    Look,
    OfACall,
    Practise,
    Run,
    UnitNoted,
)
from cardtool.desktop.pipe import Pipe
from cardtool.errors import BackstageEnded

NO_CONSOLE = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""Windows would open a console beside the window."""
TIDYING = 20.0
"""Seconds backstage has for its end after an act that was under way."""


class Talk:
    """One call: what backstage says about it. ``cut`` is called, on any thread, when it failed, or backstage ended."""

    def __init__(self, number: int, partner: Partner, cut: Callable[[], None]) -> None:
        self.number, self._partner, self._cut = number, partner, cut
        self._heard: SimpleQueue[OfACall] = SimpleQueue()

    def hear(self, seconds: float | None = None) -> OfACall | None:
        """The next of it; None if nothing came in time."""
        try:
            return self._heard.get(timeout=seconds)
        except Empty:
            return None

    def say(self, message: FromWindow) -> None:
        self._partner.say(message)

    def give_up(self) -> None:
        """Backstage does not come back: end it."""
        self._partner.kill()

    def put(self, message: OfACall) -> None:
        self._heard.put(message)
        if isinstance(message, Failed):
            self._cut()


class Partner:
    """One backstage from its start to its end.

    ``heard`` and ``ended`` are called on the thread that listens; ``ended`` with whether something was under way.
    Raises BackstageEnded where it cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        heard: Callable[[CardsChanged | UnitNoted], None],
        ended: Callable[[Partner, bool], None],
    ) -> None:
        self._heard, self._ended = heard, ended
        self._numbers = count(1)
        self._talks: dict[int, Talk] = {}
        self._lock = threading.Lock()
        self.is_over = False
        self.since = time.monotonic()
        self._process = start(command)
        self._pipe = pipe_to(self._process)
        self._thread = threading.Thread(target=self._listen, name="backstage", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def call(self, wish: Look | Run | Practise, cut: Callable[[], None] = lambda: None) -> Talk:
        """Raises BackstageEnded."""
        with self._lock:
            if self.is_over:
                raise BackstageEnded
            talk = Talk(next(self._numbers), self, cut)
            self._talks[talk.number] = talk
        self.say(Call(talk.number, wish))
        return talk

    def say(self, message: FromWindow) -> None:
        """Whoever is not there any more is noticed by listening."""
        with suppress(OSError):
            self._pipe.send(message)

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        """Returns when it has ended: by itself, or else by force."""
        self._pipe.end()
        try:
            self._process.wait(TIDYING)
        except subprocess.TimeoutExpired:
            self.kill()
        self._thread.join()

    def _listen(self) -> None:
        """Whatever ends it, a defect of ours too: nobody is left waiting for an answer."""
        try:
            with suppress(EOFError):
                while True:
                    self._sort(self._pipe.receive())
        finally:
            self._over()

    def _over(self) -> None:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        self._process.kill()
        self._process.wait()
        self._pipe.close()
        with self._lock:
            self.is_over, talks = True, list(self._talks.values())
        for talk in talks:
            talk.put(Failed(talk.number, BackstageEnded()))
        self._ended(self, bool(talks))

    def _sort(self, message: object) -> None:
        if isinstance(message, CardsChanged | UnitNoted):
            self._heard(message)
        elif isinstance(message, OfACall):
            talk = self._talks[message.number]
            if isinstance(message, Done | Failed):
                del self._talks[message.number]
            talk.put(message)


def start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Raises BackstageEnded."""
    try:
        return subprocess.Popen(  # noqa: S603 - our own program, no shell
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, creationflags=NO_CONSOLE
        )
    except OSError:
        raise BackstageEnded from None


def pipe_to(process: subprocess.Popen[bytes]) -> Pipe:
    reading, writing = process.stdout, process.stdin
    assert isinstance(reading, FileIO), "started without buffers"
    assert isinstance(writing, FileIO), "started without buffers"
    return Pipe(reading, writing)
