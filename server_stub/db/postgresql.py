"""PostgreSQL: acts that may write queue for one lock, as they do in SQLite; reads see one moment.

Every act reads first and decides on what it read (tries left, the state of an order, the audit log's head). One
lock for all workers makes that right without a row lock at each place, a retry or a deadlock. It costs next to
nothing: the head of the audit log has to be locked until the commit anyway. PostgreSQL gives the lock free when
the transaction ends or its worker dies.
"""

from __future__ import annotations

from typing import Final

from psycopg.errors import (
    DeadlockDetected,
    LockNotAvailable,
    OperationalError,
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
    # Reads outnumber writes by far: what they need holds without a question of its own.
    "default_transaction_isolation = 'repeatable read'",
    "default_transaction_read_only = on",
)
_THE_LOCK: Final = int.from_bytes(b"CardTool", "big")
# Who waited must see what was done meanwhile: read committed looks anew with each statement.
_BEGIN_WRITING: Final = (
    f"SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;SELECT pg_advisory_xact_lock({_THE_LOCK})"
)
# After each of these, nothing of the transaction was done.
_BUSY: Final = (
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


def is_away(error: DBAPIError) -> bool:
    """Psycopg: OperationalError is what "is not necessarily under the control of the programmer"."""
    return error.connection_invalidated or isinstance(error.orig, OperationalError)


def _set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for setting in _SETTINGS:
        cursor.execute(f"SET {setting}")
    cursor.close()
    connection.commit()  # a SET is taken back with its transaction


def _begin(connection: Connection) -> None:
    if is_writing(connection):
        connection.exec_driver_sql(_BEGIN_WRITING)
