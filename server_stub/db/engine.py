"""Connections, as sessions for one act each. Acts that may write queue: see the two kinds of database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from server_stub.db import dialect, sqlite
from server_stub.db.dialect import Kind
from server_stub.db.errors import DatabaseAway, DatabaseBusy, DatabaseUnusable
from server_stub.db.turns import OneByOne, Together, Turns

_BUSY_SECONDS = dialect.BUSY_SECONDS
# libpq, seconds and milliseconds: a computer that fell silent is given up before our clients give us up.
_PATIENCE = {"connect_timeout": _BUSY_SECONDS, "tcp_user_timeout": _BUSY_SECONDS * 1000}


class Database:
    """Hands out sessions; a session ends with commit by its user, or is rolled back."""

    def __init__(self, url: str) -> None:
        """Raises DatabaseUnusable for another kind than SQLite and PostgreSQL. No connection is made yet."""
        self.engine = _engine(url)
        self._kind = _kind(self.engine)
        self._kind.prepare(self.engine)
        self._writer: Engine = dialect.writer(self.engine)
        self._turns: Turns = (Together if self._kind is sqlite else OneByOne)(self._writer)

    def reach(self) -> None:
        """Raises DatabaseUnusable when no connection can be made."""
        try:
            self.engine.connect().close()
        except OperationalError as error:
            raise DatabaseUnusable(str(error.orig)) from error

    @contextmanager
    def session(self, *, write: bool) -> Iterator[Session]:
        """A transaction for one act. Raises DatabaseBusy when its turn to write does not come, DatabaseAway."""
        try:
            with self._turns.take() if write else nullcontext(self.engine) as bind, _session(bind) as db:
                yield db
        except (DBAPIError, PoolTimeout) as error:
            if isinstance(error, PoolTimeout) or self._kind.is_busy(error):
                raise DatabaseBusy from error
            if self._kind.is_away(error):
                raise DatabaseAway(str(error.orig)) from error
            raise

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
            is_sqlite = self._kind is sqlite
            connection.info["foreign_keys"] = "OFF"
            with connection.begin():
                yield connection
                if is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise RuntimeError("a row points nowhere")
            connection.invalidate()  # the next one minds again

    def close(self) -> None:
        self.engine.dispose()


def _session(bind: Engine | Connection) -> Session:
    return Session(bind, expire_on_commit=False, join_transaction_mode="create_savepoint")


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.password or "password" in parsed.query:
            raise DatabaseUnusable(
                "others can read a password in a URL: write it into PostgreSQL's password file"
            )
        is_sqlite = parsed.get_backend_name() == "sqlite"
        return create_engine(
            parsed,
            pool_size=8,
            max_overflow=40,
            pool_timeout=_BUSY_SECONDS,
            pool_pre_ping=not is_sqlite,  # a server may have been started anew
            connect_args={} if is_sqlite else {k: v for k, v in _PATIENCE.items() if k not in parsed.query},
        )
    except (ArgumentError, ImportError) as error:
        raise DatabaseUnusable(str(error)) from error


def _kind(engine: Engine) -> Kind:
    if engine.dialect.name == "sqlite":
        return sqlite
    if engine.driver == "psycopg":
        from server_stub.db import postgresql  # noqa: PLC0415 (its driver takes long to load)

        return postgresql
    raise DatabaseUnusable("the database is SQLite, or PostgreSQL by postgresql+psycopg")
