"""PostgreSQL: acts that may write queue for one lock, as they do in SQLite; reads see one moment.

Every act reads first and decides on what it read (tries left, the state of an order, the audit log's head). One
lock for all workers makes that right without a row lock at each place, a retry or a deadlock. It costs next to
nothing: the head of the audit log has to be locked until the commit anyway. PostgreSQL gives the lock free when
the transaction ends or its worker dies.
"""

from __future__ import annotations

from typing import Final

from psycopg.errors import (
    CannotConnectNow,
    DeadlockDetected,
    LockNotAvailable,
    SerializationFailure,
    TooManyConnections,
)
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from server_stub.db.dialect import BUSY_SECONDS, is_writing

# A worker's computer that vanishes without a word must not hold the others up for ever.
_IDLE_SECONDS: Final = 30
_SETTINGS: Final = (
    "synchronous_commit = on",
    f"lock_timeout = '{BUSY_SECONDS}s'",
    f"idle_in_transaction_session_timeout = '{_IDLE_SECONDS}s'",
)
_THE_LOCK: Final = int.from_bytes(b"CardTool", "big")
_TAKE_LOCK: Final = f"SELECT pg_advisory_xact_lock({_THE_LOCK})"
# A later snapshot than the lock's: read committed takes a new one for each statement.
_READ_ONE_MOMENT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
# After each of these, nothing of the transaction was done.
_BUSY: Final = (
    CannotConnectNow,
    DeadlockDetected,
    LockNotAvailable,
    SerializationFailure,
    TooManyConnections,
)


def prepare(engine: Engine) -> None:
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)


def is_busy(error: DBAPIError) -> bool:
    return isinstance(error.orig, _BUSY)


def _set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for setting in _SETTINGS:
        cursor.execute(f"SET {setting}")
    cursor.close()
    connection.commit()  # a SET is taken back with its transaction


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(_TAKE_LOCK if is_writing(connection) else _READ_ONE_MOMENT)
