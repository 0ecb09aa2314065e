"""The one source of time. In demo mode it can be advanced; the offset is in the database, for all workers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from server_stub.db.models import Meta

_OFFSET = "clock-offset-seconds"


class Clock:
    def __init__(self, *, adjustable: bool) -> None:
        self._adjustable = adjustable

    def now(self, db: Session) -> datetime:
        """Aware, UTC, whole seconds: what is stored, signed and told is the same."""
        offset = self._offset(db) if self._adjustable else 0
        return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=offset)

    def advance(self, db: Session, seconds: int) -> datetime:
        """Move the demo clock forward for everyone and return the new time."""
        if not self._adjustable:
            raise RuntimeError("only the demo clock can be advanced")
        db.merge(Meta(key=_OFFSET, value=str(self._offset(db) + seconds)))
        db.flush()
        return self.now(db)

    @staticmethod
    def _offset(db: Session) -> int:
        row = db.get(Meta, _OFFSET)
        return int(row.value) if row else 0
