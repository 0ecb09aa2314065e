"""The mark in a database that a demo made. ``--demo`` refuses any other one, and real service refuses these."""

from __future__ import annotations

from sqlalchemy import inspect, select

from server_stub.db.engine import Database
from server_stub.db.migrate import migrate
from server_stub.db.models import Account, AuditEntry, Meta

_MARK = "demo"


class NotADemoDatabase(Exception):
    """Demo asked for and real data found, or the reverse."""


def prepare(database: Database, *, demo: bool) -> None:
    """Bring the tables up to date, and mark a new demo database. Raises NotADemoDatabase, then nothing was changed."""
    if _was_made_by_demo(database) not in {None, demo}:
        raise NotADemoDatabase
    migrate(database)
    if demo:
        with database.session(write=True) as db:
            db.merge(Meta(key=_MARK, value="1"))
            db.commit()


def _was_made_by_demo(database: Database) -> bool | None:
    """None for a database that is still empty."""
    tables = inspect(database.engine).get_table_names()
    if not tables:
        return None
    if Meta.__tablename__ not in tables:
        return False
    with database.session(write=False) as db:
        if db.get(Meta, _MARK) is not None:
            return True
        in_use = (
            db.scalars(select(AuditEntry.number).limit(1)).first()
            or db.scalars(select(Account.id).limit(1)).first()
        )
        return False if in_use else None
