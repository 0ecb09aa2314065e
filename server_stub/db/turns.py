"""How the writers of this process take turns. Each gets what its session is bound to.

To wait for the disk takes as long as all the rest of an act, and meanwhile nobody else can write to SQLite. So
several acts share one transaction of SQLite, each a savepoint of its own: who has done while others wait passes
the open transaction on, and waits until somebody has committed it. Nothing is told to anybody before it is on the
disk; if it does not get there, it was done for none of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event, Lock
from typing import Final, Protocol

from sqlalchemy import Connection, Engine

from server_stub.db import sqlite
from server_stub.db.dialect import BUSY_SECONDS
from server_stub.db.errors import DatabaseAway, DatabaseBusy

_MOST_TOGETHER: Final = 8
"""Other processes wait meanwhile."""


class Turns(Protocol):
    def take(self) -> AbstractContextManager[Engine | Connection]:
        """Wait for one's turn. Raises DatabaseBusy when it does not come."""


class OneByOne:
    """For a database that can be written to by many: each has a transaction, those of one process queue.

    Or else they would leave no connection to those who only read.
    """

    def __init__(self, writer: Engine) -> None:
        self._writer, self._lock = writer, Lock()

    @contextmanager
    def take(self) -> Iterator[Engine]:
        if not self._lock.acquire(timeout=BUSY_SECONDS):
            raise DatabaseBusy
        try:
            yield self._writer
        finally:
            self._lock.release()


class Together:
    """For SQLite: who comes next goes on in the transaction that is open."""

    def __init__(self, writer: Engine) -> None:
        self._writer = writer
        self._lock = Lock()
        self._waiting: deque[Event] = deque()
        self._is_taken = False
        self._shared: _Shared | None = None

    @contextmanager
    def take(self) -> Iterator[Connection]:
        self._queue()
        try:
            shared = self._shared = self._shared or _Shared(self._writer)
        except BaseException:
            self._pass_on()
            raise
        try:
            yield shared.connection
        finally:
            self._leave(shared)

    def _queue(self) -> None:
        mine = Event()
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return
            self._waiting.append(mine)
        if not mine.wait(BUSY_SECONDS):
            with self._lock:
                if mine in self._waiting:  # else the turn came in this very moment
                    self._waiting.remove(mine)
                    raise DatabaseBusy

    def _leave(self, shared: _Shared) -> None:
        shared.acts += 1
        with self._lock:
            goes_on = bool(self._waiting) and shared.acts < _MOST_TOGETHER and shared.is_open
            if goes_on:
                self._waiting.popleft().set()
        if not goes_on:
            self._shared = None
            shared.commit()
            self._pass_on()
        shared.wait()

    def _pass_on(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False


class _Shared:
    """One transaction for several acts."""

    def __init__(self, writer: Engine) -> None:
        self.acts = 0
        self._ended = Event()
        self._error: BaseException | None = None
        self.connection = writer.connect()
        try:
            self.connection.begin()
        except BaseException:
            self.connection.close()
            raise

    @property
    def is_open(self) -> bool:
        """False when the connection went, or SQLite gave the transaction up, as it may where there is no room."""
        return not self.connection.invalidated and sqlite.is_in_transaction(self.connection)

    def commit(self) -> None:
        """For all of them; ``wait`` tells how it ended."""
        try:
            with self.connection:
                self._commit()
        except BaseException as error:  # noqa: BLE001 - each of those who wait raises it
            self._error = error
        finally:
            self._ended.set()

    def _commit(self) -> None:
        try:
            if not self.is_open:
                raise DatabaseAway("the transaction was given up")
            self.connection.commit()
        except BaseException:
            self.connection.invalidate()  # SQLite may have left it open: nobody is to find himself in it
            raise

    def wait(self) -> None:
        """Until it is on the disk. Raises what kept it from there."""
        self._ended.wait()
        if self._error is not None:
            raise self._error
