"""SQLite: durable commits, and write transactions that take their lock at the start.

Deferred transactions fail with "database is locked" when a reader becomes a writer beside another;
``BEGIN IMMEDIATE`` waits instead, so every act that may write begins that way. SQLite itself waits in ever
longer naps (up to 100 ms), in which the lock lies idle; an act takes a few milliseconds, so we ask every half of one.
"""

from __future__ import annotations

from sqlite3 import (
    SQLITE_BUSY,
    SQLITE_CANTOPEN,
    SQLITE_FULL,
    SQLITE_IOERR,
    SQLITE_READONLY,
    OperationalError,
)
from sqlite3 import Connection as SqliteConnection
from time import monotonic, sleep

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from server_stub.db.dialect import BUSY_SECONDS, is_writing

# Result codes of SQLite; the higher bits tell more than we ask for.
_AWAY = (SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN)
_PRIMARY = 0xFF
_WAIT = f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}"
_PRAGMAS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON", _WAIT)
_BEGIN_WRITING = "BEGIN IMMEDIATE"
_NAP = 0.0005


def prepare(engine: Engine) -> None:
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)


def is_busy(error: DBAPIError) -> bool:
    return "locked" in str(error.orig)


def is_away(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlite_errorcode", 0) & _PRIMARY in _AWAY


def is_in_transaction(connection: Connection) -> bool:
    return _driver(connection.connection.dbapi_connection).in_transaction


def _set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    sqlite = _driver(connection)
    sqlite.isolation_level = None  # we emit BEGIN ourselves
    for pragma in _PRAGMAS:
        sqlite.execute(pragma)


def _driver(connection: object) -> SqliteConnection:
    if not isinstance(connection, SqliteConnection):
        raise TypeError("the sqlite3 driver of the standard library is expected")
    return connection


def _begin_writing(connection: Connection) -> None:
    sqlite = _driver(connection.connection.dbapi_connection)
    sqlite.execute("PRAGMA busy_timeout=0")
    try:
        if not _took_turn(sqlite):
            connection.exec_driver_sql(_BEGIN_WRITING)  # in vain: it raises what SQLAlchemy's users know
    finally:
        sqlite.execute(_WAIT)


def _took_turn(sqlite: SqliteConnection) -> bool:
    end = monotonic() + BUSY_SECONDS
    while monotonic() < end:
        try:
            sqlite.execute(_BEGIN_WRITING)
        except OperationalError as error:
            if error.sqlite_errorcode & _PRIMARY != SQLITE_BUSY:
                return False
            sleep(_NAP)
        else:
            return True
    return False


def _begin(connection: Connection) -> None:
    if "foreign_keys" in connection.info:  # has no effect inside a transaction
        connection.exec_driver_sql(f"PRAGMA foreign_keys={connection.info['foreign_keys']}")
    if is_writing(connection):
        _begin_writing(connection)
    else:
        connection.exec_driver_sql("BEGIN DEFERRED")
