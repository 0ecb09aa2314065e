"""Tables change; what stands in them stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from server_stub.db import migrate as migration
from server_stub.db.engine import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'ra.sqlite'}")
    yield database
    database.close()


def upgrade(database: Database, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migration.__file__).parent / "migrations"))
    with database.writing_connection() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def run(database: Database, *statements: str) -> None:
    with database.writing_connection() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


ACCOUNT = (
    "INSERT INTO customers VALUES (1, 'u', 'i', 'h', 'e', 'p')",
    "INSERT INTO accounts VALUES (1, 'u', 'n', 1, 'x', 0, 'approved')",
)


def test_stored_answers_find_their_owner(database: Database) -> None:
    upgrade(database, "0001")
    run(database, *ACCOUNT, "INSERT INTO stored_answers VALUES (1, 'key', 'hash', 200, x'00', 5)")
    upgrade(database, "0002")
    with database.writing_connection() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM stored_answers").all()
    assert [tuple(row) for row in rows] == [("1", "key", "hash", 200, b"\0", 5)]
