"""SQLite: durable commits, and write transactions that take their lock at the start.

Deferred transactions fail with "database is locked" when a reader becomes a writer beside another;
``BEGIN IMMEDIATE`` waits instead, so every act that may write begins that way.
"""

from __future__ import annotations

from sqlite3 import SQLITE_CANTOPEN, SQLITE_FULL, SQLITE_IOERR, SQLITE_READONLY
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from server_stub.db.dialect import BUSY_SECONDS, is_writing

# Result codes of SQLite; the higher bits tell more than we ask for.
_AWAY = (SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN)
_PRIMARY = 0xFF
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}")


def prepare(engine: Engine) -> None:
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)


def is_busy(error: DBAPIError) -> bool:
    return "locked" in str(error.orig)


def is_away(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlite_errorcode", 0) & _PRIMARY in _AWAY


def _set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    if not isinstance(connection, SqliteConnection):
        raise TypeError("the sqlite3 driver of the standard library is expected")
    connection.isolation_level = None  # we emit BEGIN ourselves
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    if "foreign_keys" in connection.info:  # has no effect inside a transaction
        connection.exec_driver_sql(f"PRAGMA foreign_keys={connection.info['foreign_keys']}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing(connection) else "BEGIN DEFERRED")
