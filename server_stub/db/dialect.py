"""What both kinds of database have in common: how long to wait, and which transactions may write."""

from __future__ import annotations

from typing import Final, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

BUSY_SECONDS: Final = 8
"""Below the 10 s within which everything answers."""
_WRITING: Final = "writing"


class Kind(Protocol):
    """A kind of database; the modules beside this one are such."""

    def prepare(self, engine: Engine) -> None:
        """Set up every new connection, and begin each transaction as it is meant."""

    def is_busy(self, error: DBAPIError) -> bool:
        """Whether nothing was done, and it may be tried again."""

    def is_away(self, error: DBAPIError) -> bool:
        """Whether the fault is the database's surroundings': no connection, no room, no right to write."""


def writer(engine: Engine) -> Engine:
    """The same pool; transactions begun through it may write."""
    return engine.execution_options(**{_WRITING: True})


def is_writing(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get(_WRITING))
