"""Many writers at once: they queue, and who waits too long is told to come again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from server_stub.db import sqlite, turns
from server_stub.db.engine import Database
from server_stub.db.errors import DatabaseBusy
from server_stub.ra import Ra
from tests.server.world import Caller


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ra.sqlite"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture
def impatient(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Waits a moment only."""
    monkeypatch.setattr(turns, "BUSY_SECONDS", 0.2)
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


def test_writers_of_one_process_queue(database: Database) -> None:
    with database.writing_connection() as connection:
        connection.exec_driver_sql("CREATE TABLE counter (value INTEGER)")
        connection.exec_driver_sql("INSERT INTO counter VALUES (0)")

    def count() -> None:
        for _ in range(20):
            with database.session(write=True) as db:
                (value,) = db.connection().exec_driver_sql("SELECT value FROM counter").one()
                db.connection().exec_driver_sql(f"UPDATE counter SET value = {value + 1}")
                db.commit()

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(count) for _ in range(8)]:
            done.result()
    with database.session(write=False) as db:
        assert db.connection().exec_driver_sql("SELECT value FROM counter").scalar() == 160


def test_whose_turn_does_not_come_is_told(impatient: Database) -> None:
    with impatient.session(write=True), pytest.raises(DatabaseBusy), impatient.session(write=True):
        pass
    with impatient.session(write=True) as db:
        db.connection()


def test_another_process_that_keeps_writing_is_told_as_well(impatient: Database, path: Path) -> None:
    with impatient.writing_connection() as connection:
        connection.exec_driver_sql("CREATE TABLE t (v INTEGER)")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusy), impatient.session(write=True) as db:
        db.connection()
    other.close()


def test_the_caller_is_asked_to_come_again(
    client: TestClient, ra: Ra, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "BUSY_SECONDS", 0.05)
    with ra.database.session(write=True):
        answer = alice.post("/account/revocation", None)
    assert (answer.status_code, answer.json()["code"]) == (429, "R106")
    assert answer.headers["Retry-After"] == "1"
