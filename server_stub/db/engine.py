"""Connections: durable commits, and write transactions that take their lock at the start.

SQLite's deferred transactions fail with "database is locked" when a reader becomes a writer beside another;
``BEGIN IMMEDIATE`` waits instead, so every act that may write begins that way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from sqlite3 import Connection as SqliteConnection
from threading import Lock

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

_BUSY_SECONDS = 8  # below the 10 s within which everything answers
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_SECONDS * 1000}")


class DatabaseBusy(Exception):
    """Nothing was done; it may be tried again."""


class Database:
    """Hands out sessions; a session ends with commit by its user, or is rolled back."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url, pool_size=8, max_overflow=40, pool_timeout=_BUSY_SECONDS)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        self._writing = Lock()
        self._writer: Engine = self.engine.execution_options(begin="IMMEDIATE")

    @contextmanager
    def session(self, *, write: bool) -> Iterator[Session]:
        """A transaction for one act. Raises DatabaseBusy when its turn to write does not come."""
        with self._turn() if write else nullcontext():
            try:
                with Session(self._writer if write else self.engine, expire_on_commit=False) as db:
                    yield db
            except (OperationalError, PoolTimeout) as error:
                if isinstance(error, PoolTimeout) or "locked" in str(error.orig):
                    raise DatabaseBusy from error
                raise

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Writers of this process queue here: SQLite itself makes them sleep and try again, and some for ever."""
        if self.engine.dialect.name != "sqlite":
            yield
            return
        if not self._writing.acquire(timeout=_BUSY_SECONDS):
            raise DatabaseBusy
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def writing_connection(self) -> Iterator[Connection]:
        """One write transaction without a session, committed at the end."""
        with self._writer.begin() as connection:
            yield connection

    @contextmanager
    def migrating_connection(self) -> Iterator[Connection]:
        """Like ``writing_connection``; SQLite rebuilds tables in it, which it can only while nothing minds.

        Raises RuntimeError, and changes nothing, when a row would point nowhere afterwards.
        """
        with self._writer.connect() as connection:
            is_sqlite = self.engine.dialect.name == "sqlite"
            connection.info["foreign_keys"] = "OFF"
            with connection.begin():
                yield connection
                if is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise RuntimeError("a row points nowhere")
            connection.invalidate()  # the next one minds again

    def close(self) -> None:
        self.engine.dispose()


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    if not isinstance(connection, SqliteConnection):
        raise TypeError("the sqlite3 driver of the standard library is expected")
    connection.isolation_level = None  # we emit BEGIN ourselves
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    if "foreign_keys" in connection.info:  # has no effect inside a transaction
        connection.exec_driver_sql(f"PRAGMA foreign_keys={connection.info['foreign_keys']}")
    mode = connection.get_execution_options().get("begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")
