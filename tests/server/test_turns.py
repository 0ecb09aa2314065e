"""Several acts share one commit: durable together, undone alone, and nobody is told before the disk has it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import IntegrityError

from server_stub.db import turns
from server_stub.db.engine import Database
from server_stub.db.errors import DatabaseAway, DatabaseBusy
from server_stub.db.turns import Together
from server_stub.ra import Ra
from server_stub.seals import Notary

ACTS = 5
PATIENCE = 20.0
GIVES_UP = -1
"""A value at which SQLite gives the whole transaction up, as it may where there is no room."""


class Office:
    """``first`` holds the turn until it is let go; what was ``put`` meanwhile waits for it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.commits = 0
        self._go = threading.Event()
        self._pool = ThreadPoolExecutor(ACTS + 1)
        event.listen(database.engine, "commit", self._count)

    def _count(self, _connection: Connection) -> None:
        self.commits += 1

    def put(self, value: int, *, before: Callable[[], object] = lambda: None) -> None:
        with self.database.session(write=True) as db:
            before()
            db.connection().exec_driver_sql(f"INSERT INTO t VALUES ({value})")
            db.commit()

    def hold_the_turn(self, value: int = 0) -> Future[None]:
        has_it = threading.Event()

        def wait() -> None:
            has_it.set()
            assert self._go.wait(PATIENCE)

        first = self._pool.submit(self.put, value, before=wait)
        assert has_it.wait(PATIENCE)
        return first

    def queue(self, *values: int) -> list[Future[None]]:
        """One behind the other."""
        queued = []
        for length, value in enumerate(values, self.waiting + 1):
            queued.append(self._pool.submit(self.put, value))
            until(lambda length=length: self.waiting == length)
        return queued

    @property
    def waiting(self) -> int:
        return len(together(self.database)._waiting)

    def go(self) -> None:
        self._go.set()

    def values(self) -> list[int]:
        with self.database.session(write=False) as db:
            return list(db.connection().exec_driver_sql("SELECT v FROM t ORDER BY v").scalars())

    def close(self) -> None:
        self.go()
        self._pool.shutdown()


def together(database: Database) -> Together:
    assert isinstance(database._turns, Together)
    return database._turns


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    database = Database(f"sqlite:///{tmp_path / 'ra.sqlite'}")
    with database.writing_connection() as connection:
        connection.exec_driver_sql("CREATE TABLE t (v INTEGER UNIQUE)")
        connection.exec_driver_sql(
            f"CREATE TRIGGER full BEFORE INSERT ON t WHEN NEW.v = {GIVES_UP} BEGIN SELECT RAISE(ROLLBACK, 'full'); END"
        )
    opened = Office(database)
    yield opened
    opened.close()
    database.close()


def test_who_waits_goes_on_in_the_same_transaction(office: Office) -> None:
    done = [office.hold_the_turn(), *office.queue(*range(1, ACTS))]
    office.go()
    for each in done:
        each.result(PATIENCE)
    assert office.values() == list(range(ACTS))
    assert office.commits == 1


def test_others_get_their_turn_after_so_many(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_MOST_TOGETHER", 2)
    done = [office.hold_the_turn(), *office.queue(1, 2, 3)]
    office.go()
    for each in done:
        each.result(PATIENCE)
    assert office.commits == 2


def test_nobody_is_told_before_it_is_on_the_disk(office: Office) -> None:
    reached, written = threading.Event(), threading.Event()

    def write_slowly(_connection: Connection) -> None:
        reached.set()
        assert written.wait(PATIENCE)

    event.listen(office.database.engine, "commit", write_slowly)
    done = [office.hold_the_turn(), *office.queue(1)]
    office.go()
    assert reached.wait(PATIENCE)
    assert not any(each.done() for each in done)
    written.set()
    for each in done:
        each.result(PATIENCE)


def test_one_that_fails_takes_nobody_along(office: Office) -> None:
    office.put(7)
    first, again, last = office.hold_the_turn(), *office.queue(7, 8)
    office.go()
    first.result(PATIENCE)
    last.result(PATIENCE)
    with pytest.raises(IntegrityError):
        again.result(PATIENCE)
    assert office.values() == [0, 7, 8]


def test_a_commit_that_fails_was_done_for_nobody(office: Office) -> None:
    def fail(_connection: Connection) -> None:
        raise OSError("no room")

    event.listen(office.database.engine, "commit", fail)
    done = [office.hold_the_turn(), *office.queue(1)]
    office.go()
    for each in done:
        with pytest.raises(OSError, match="no room"):
            each.result(PATIENCE)
    event.remove(office.database.engine, "commit", fail)
    office.put(9)
    assert office.values() == [9]


def test_a_transaction_that_sqlite_gave_up_is_told_to_all_of_it(office: Office) -> None:
    first, fatal, last = office.hold_the_turn(), *office.queue(GIVES_UP, 2)
    office.go()
    with pytest.raises(DatabaseAway):
        first.result(PATIENCE)
    assert fatal.exception(PATIENCE) is not None
    last.result(PATIENCE)
    assert office.values() == [2], "who came later began anew"


def test_a_connection_that_goes_within_an_act_leaves_nobody_waiting(office: Office) -> None:
    def lose_it() -> None:
        with office.database.session(write=True) as db:
            db.connection().invalidate()

    first = office.hold_the_turn()
    fatal = office._pool.submit(lose_it)
    until(lambda: office.waiting == 1)
    (last,) = office.queue(2)
    office.go()
    with pytest.raises(DatabaseAway):
        first.result(PATIENCE)
    assert fatal.exception(PATIENCE) is not None
    last.result(PATIENCE)
    assert office.values() == [2]


def test_a_head_is_signed_only_when_the_disk_has_it(ra: Ra, tmp_path: Path) -> None:
    """The file of seals is outside the transaction: what others are about to commit may come to nothing."""
    notary = Notary.open(tmp_path)
    entered, go = threading.Event(), threading.Event()

    def act() -> None:
        with ra.act() as act:
            act.record("done", "first")
            entered.set()
            assert go.wait(PATIENCE)

    def fail(_connection: Connection) -> None:
        raise OSError("no room")

    with ThreadPoolExecutor() as pool:
        first = pool.submit(act)
        assert entered.wait(PATIENCE)
        sealing = pool.submit(notary.seal, ra)
        until(lambda: bool(together(ra.database)._waiting) or sealing.done())
        event.listen(ra.database.engine, "commit", fail)
        go.set()
        for each in (first, sealing):
            assert isinstance(each.exception(PATIENCE), OSError | None)
        event.remove(ra.database.engine, "commit", fail)
    notary.seal(ra)
    with ra.act(write=False) as looking:
        notary.verify(looking.db)


def test_who_waited_too_long_is_left_out(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    first = office.hold_the_turn()
    monkeypatch.setattr(turns, "BUSY_SECONDS", 0.01)
    with pytest.raises(DatabaseBusy):
        office.put(1)
    office.go()
    first.result(PATIENCE)
    monkeypatch.undo()
    office.put(2)
    assert office.values() == [0, 2]


def test_what_cannot_begin_keeps_nobody_from_beginning(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(office.database._writer, "connect", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            office.put(1)
    office.put(2)
    assert office.values() == [2]
