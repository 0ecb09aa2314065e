"""The audit log: each entry holds the hash of the one before, and the head is signed from time to time.

Changing, deleting or reordering entries breaks the chain. Cutting off its end is seen as long as a signed
head beyond the cut exists; signed heads are kept in the database and, so that its owner alone cannot remove
them, as lines of a file in the data folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.orm import Session

from server_stub.db.models import AuditEntry, AuditHead

Detail = str | int | bool | None
GENESIS = "0" * 64
_HASHED = ("number", "time", "actor", "action", "subject", "detail", "previous")
_THE_HEAD = select(AuditHead.number, AuditHead.hash).with_for_update()
_NEW_ENTRY = insert(AuditEntry)
_NEW_HEAD = update(AuditHead)


@dataclass(frozen=True)
class Event:
    time: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Detail]


def append(db: Session, events: Sequence[Event]) -> None:
    """Add entries in the caller's transaction, past the ORM: every act does it."""
    connection = db.connection()
    number, previous = _locked_head(connection)
    entries = []
    for event in events:
        number += 1
        entries.append(_entry(number, event, previous))
        previous = entries[-1]["hash"]
    connection.execute(_NEW_ENTRY, entries)
    connection.execute(_NEW_HEAD, {"number": number, "hash": previous})


def _entry(number: int, event: Event, previous: str) -> dict[str, Any]:
    """The columns of AuditEntry."""
    columns = {
        "number": number,
        "time": event.time,
        "actor": event.actor,
        "action": event.action,
        "subject": event.subject,
        "detail": json.dumps(event.detail, sort_keys=True, ensure_ascii=False),
        "previous": previous,
    }
    return {**columns, "hash": _hash(columns.values())}


def entry_hash(entry: AuditEntry) -> str:
    """What ``entry.hash`` must be."""
    return _hash(getattr(entry, name) for name in _HASHED)


def _hash(fields: Iterable[Any]) -> str:
    """SHA-256 over all fields, as a JSON list so that no two entries can spell the same text."""
    content = [int(field.timestamp()) if isinstance(field, datetime) else field for field in fields]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def _locked_head(connection: Connection) -> tuple[int, str]:
    """The last entry's number and hash, locked until the transaction ends (SQLite: the write lock is held anyway)."""
    head = connection.execute(_THE_HEAD).first()
    if head is None:
        connection.execute(insert(AuditHead), {"id": 1, "number": 0, "hash": GENESIS})
        return 0, GENESIS
    return head.number, head.hash
