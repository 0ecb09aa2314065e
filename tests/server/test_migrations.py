"""Tables change; what stands in them stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import IntegrityError

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


def test_orders_and_certificates_of_cards_stay(database: Database) -> None:
    """SQLite rebuilds both tables while others refer to them."""
    upgrade(database, "0002")
    values = "'o1', 'apply', 'stored', 'u', 1, 'c1', '9A', 'P-256', 's', 't', 't', 1, 2"
    run(
        database,
        *ACCOUNT,
        "INSERT INTO cards VALUES ('c1', 1, 'l', 'active', 'AES-192', 1, 0, NULL, NULL, NULL)",
        f"INSERT INTO orders VALUES ({values})",
        "INSERT INTO certificates VALUES ('5', 'signing', 'valid', 'c1', 'o1', 'k', x'00', 1, 2, 'p', NULL, NULL)",
        "INSERT INTO relays VALUES ('r1', 'o1', 'c1', 'done', NULL, 3)",
    )
    migration.migrate(database)
    with database.writing_connection() as connection:
        query = (
            "SELECT o.id, o.card_id, o.renews, c.serial, r.id FROM orders o"
            " JOIN certificates c ON c.order_id = o.id JOIN relays r ON r.order_id = o.id"
        )
        assert [tuple(row) for row in connection.exec_driver_sql(query)] == [("o1", "c1", None, "5", "r1")]
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_debits_come_to_orders_that_are_there(database: Database) -> None:
    """One that counts per order, however many were refused."""
    upgrade(database, "0005")
    order = "'o1', 'renew', 'created', 'u', 1, NULL, '', 'P-256', 's', 't', 't', 1, 2, NULL, NULL"
    run(database, *ACCOUNT, f"INSERT INTO orders VALUES ({order})")
    upgrade(database, "0006")

    def debit(reference: str, state: str) -> str:
        rest = "60, 'TWD', 'giro', '*', NULL, NULL, NULL, 1, 1"
        return f"INSERT INTO debits VALUES ('{reference}', 'o1', 1, '{state}', 0, {rest})"

    run(database, debit("a", "refused"), debit("b", "refused"), debit("c", "reserved"))
    with pytest.raises(IntegrityError):
        run(database, debit("d", "intended"))
    with database.writing_connection() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM debits").scalar() == 3


def test_of_old_certificates_no_origin_was_proven(database: Database) -> None:
    upgrade(database, "0008")
    values = "'5', 'signing', 'valid', NULL, NULL, 'k', x'00', 1, 2, 'p', NULL, NULL"
    run(database, f"INSERT INTO certificates VALUES ({values})")
    upgrade(database, "0009")
    with database.writing_connection() as connection:
        assert connection.exec_driver_sql("SELECT key_origin FROM certificates").scalar() == "not-proven"


def test_rows_that_point_nowhere_stop_it(database: Database) -> None:
    upgrade(database, "0001")

    def broken() -> None:
        with database.migrating_connection() as connection:
            connection.exec_driver_sql("INSERT INTO sessions VALUES ('t', 77, 1)")

    with pytest.raises(RuntimeError, match="nowhere"):
        broken()
    with database.writing_connection() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sessions").scalar() == 0
