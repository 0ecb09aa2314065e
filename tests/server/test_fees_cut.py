"""Fees when the RA dies or the bank goes silent: at every durable write and every question to the bank.

Whatever was cut off, and whether the customer comes back or not: money is held once at most, taken exactly when there
is a certificate, and in the end neither order nor money is stuck.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any, TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from server_stub import debits as debiting
from server_stub.app import open_ra
from server_stub.bank import Bank, BankAccount, BankUnreachable, Held, Money
from server_stub.db import dialect, sqlite
from server_stub.db.engine import Database
from server_stub.demo.bank import PracticeBank
from server_stub.ra import Ra
from server_stub.settings import WIDE, Settings
from tests.server.paying import AMOUNT, PASSBOOK, ask, books, debits, renew, serial_of
from tests.server.world import ORIGIN, Caller, Person, World, put_behind

UNIT = """
id = "harbour"
carrier = "file"
validity_years = 1
renewal_opens_days = 30
order_days = 14
terms = "agree"
terms_version = "1"
suspension_after = 5
first_sign_in_change = false
sign_in_again_after_change = false
names = { zh_TW = "港務", en = "Harbour office" }
sign_in = { identifier = "account", captcha = false }
site_password = { minimum = 6, maximum = 30 }
file = { key_algorithm = "P-256" }
subject = { country = "TW", organisation = "Harbour" }
support = { phone = "1", hours = { zh_TW = "週一", en = "Monday" } }
[fee]
amount = 60
kinds = ["renew"]
accounts = ["passbook", "giro"]
abandoned = "credit"
credit_days = 30
"""
DAY = 86400
NEW_KEY = ec.generate_private_key(ec.SECP256R1())
Result = TypeVar("Result")


class Killed(Exception):
    """Nothing of the RA's goes on after it, as if the process were gone; it holds nothing in memory anyway."""


@dataclass
class Cutter:
    """Counts durable writes and questions to the bank; some of them fail, before or after they are done."""

    before: frozenset[int] = frozenset()
    after: frozenset[int] = frozenset()
    count: int = 0

    def around(self, do: Callable[[], Result], failure: type[Exception]) -> Result:
        number, self.count = self.count, self.count + 1
        if number in self.before:
            raise failure
        result = do()
        if number in self.after:
            raise failure
        return result


@dataclass
class SilentBank:
    """The practice bank behind a line that breaks."""

    bank: Bank
    cutter: Cutter

    def check(self, account: BankAccount, /) -> None:
        self._call(lambda: self.bank.check(account))

    def reserve(self, reference: str, account: BankAccount, money: Money, /) -> None:
        self._call(lambda: self.bank.reserve(reference, account, money))

    def capture(self, reference: str, /) -> None:
        self._call(lambda: self.bank.capture(reference))

    def release(self, reference: str, /) -> None:
        self._call(lambda: self.bank.release(reference))

    def look_up(self, reference: str, /) -> Held | None:
        return self._call(lambda: self.bank.look_up(reference))

    def _call(self, ask: Callable[[], Result]) -> Result:
        return self.cutter.around(ask, BankUnreachable)


class GaveUp(Exception):
    """The customer has gone away."""


@dataclass
class Case:
    """One customer of an RA of its own, who says everything so many times, until it is answered."""

    ra: Ra
    caller: Caller
    serial: str
    patience: int = 5

    def insist(self, step: Callable[[], Response | dict[str, Any]]) -> dict[str, Any]:
        for _ in range(self.patience):
            try:
                answer = step()
            except Killed:
                continue
            finally:
                assert sum(self.held().values()) <= AMOUNT, "held twice"
            document = answer if isinstance(answer, dict) else dict(answer.json())
            if document.get("code") != "R309":
                return document
        raise GaveUp

    def held(self) -> dict[str, int]:
        return {state: amount for state, amount in books(self.ra).items() if state != Held.RELEASED}

    def pay(self) -> str:
        order = self.insist(lambda: renew(self.caller, self.serial))
        if order["fee"]["state"] != "reserved":  # not paid by credit
            body, key = {"account": "passbook", "number": PASSBOOK}, Caller.fresh_key()
            order = self.insist(lambda: self.caller.post(f"/orders/{order['id']}/debit", body, key))
        assert (order["state"], order["fee"]["state"]) == ("authorised", "reserved")
        return str(order["id"])

    def issue(self) -> None:
        order = self.pay()
        assert self.insist(lambda: ask(self.caller, order, NEW_KEY))["state"] == "issued"

    def cancel(self) -> None:
        order, key = self.pay(), Caller.fresh_key()
        assert self.insist(lambda: self.caller.delete(f"/orders/{order}", key))["state"] == "cancelled"

    def cancel_and_issue(self) -> None:
        self.cancel()
        self.issue()

    def is_issued(self) -> bool:
        with self.ra.act(write=False) as act:
            query = "SELECT count(*) FROM certificates WHERE state = 'valid'"
            return act.db.connection().exec_driver_sql(query).scalar() == 2  # the old and the new one

    def wait(self, days: int) -> None:
        with self.ra.act("test") as act:
            self.ra.clock.advance(act.db, days * DAY)
        self.keep_house()

    def keep_house(self) -> None:
        """As every ten seconds; a kill is followed by the next round."""
        for _ in range(6):
            try:
                debiting.settle_all(self.ra)
            except Killed:
                continue


ROADS: dict[str, Callable[[Case], None]] = {
    "issued": Case.issue,
    "cancelled": Case.cancel,
    "paid by credit": Case.cancel_and_issue,
}


@dataclass
class Start:
    """A customer within the window to renew, to be copied for each case."""

    ra: Ra
    client: TestClient
    person: Person
    serial: str

    def case_in(self, folder: Path, cutter: Cutter) -> Case:
        shutil.copy(self.ra.settings.data / "ra.sqlite", folder)
        database = Database(f"sqlite:///{folder / 'ra.sqlite'}")
        ra = replace(self.ra, database=database, bank=SilentBank(PracticeBank(database), cutter))
        put_behind(self.client, ra)
        caller = World(self.client, ra).sign_in(self.person)
        cutter.count = 0
        return Case(ra, caller, self.serial)


@pytest.fixture(scope="module")
def start(
    tmp_path_factory: pytest.TempPathFactory, app: FastAPI, ca_folder: Path, empty_database: Path
) -> Iterator[Start]:
    folder = tmp_path_factory.mktemp("fees")
    (folder / "units/harbour").mkdir(parents=True)
    (folder / "units/harbour.toml").write_text(UNIT, "utf-8")
    for language in ("zh_TW", "en"):
        (folder / "units/harbour" / f"terms.{language}.md").write_text("# Terms\n", "utf-8")
    settings = Settings(data=folder / "data", url=ORIGIN, demo=True, limits=WIDE)
    for data in (folder / "data", folder / "other"):
        data.mkdir()
        (data / "ca").symlink_to(ca_folder)
        shutil.copy(empty_database, data)
    app.state.ra = open_ra(replace(settings, data=folder / "other"))  # the house that is kept is not ours
    with TestClient(app, base_url=ORIGIN) as client:
        settings = replace(settings, extra_units=(folder / "units",))
        app.state.ra = ra = open_ra(settings)
        world = World(client, ra)
        person = world.customer("dock", unit="harbour")
        person.card.signing_key = ec.generate_private_key(ec.SECP256R1())
        caller = world.sign_in(person)
        order = caller.post("/orders", {"kind": "apply", **caller.terms()}).json()["id"]
        caller.stored(order, caller.request(order).json()["certificate"])
        serial = serial_of(caller)
        world.advance(345 * DAY)
        ra.close()  # nothing in the write-ahead log: the file may be copied
        yield Start(ra, client, person, serial)


@pytest.fixture
def run(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Cutter, Callable[[Case], None]], Case]:
    """A case with its own data, gone through under a cutter."""
    pragmas = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF")  # the computer stays on
    monkeypatch.setattr(sqlite, "_PRAGMAS", pragmas)
    commit = Session.commit
    numbers = iter(range(100_000))

    def go(cutter: Cutter, road: Callable[[Case], None]) -> Case:
        def counted(self: Session) -> None:
            is_ours = self.get_bind().engine.url == case.ra.database.engine.url
            is_durable = is_ours and self.in_transaction() and dialect.is_writing(self.connection())
            cutter.around(lambda: commit(self), Killed) if is_durable else commit(self)

        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        case = start.case_in(folder, cutter)
        with monkeypatch.context() as patch:
            patch.setattr(Session, "commit", counted)
            road(case)
        return case

    return go


def assert_nothing_is_stuck(case: Case) -> None:
    """Long after: what was not taken for the certificate has gone back."""
    case.wait(days=20)
    case.wait(days=31)
    assert case.held() == ({"captured": AMOUNT} if case.is_issued() else {})
    assert {row.state for row in debits(case.ra)} <= {"captured", "released", "refused"}
    assert not any(row.is_pending for row in debits(case.ra))


def cuts(acts: int, faults: int) -> Iterator[Cutter]:
    for chosen in combinations(range(acts), faults):
        yield Cutter(before=frozenset(chosen))
        yield Cutter(after=frozenset(chosen))


Run = Callable[[Cutter, Callable[[Case], None]], Case]


def acts_of(run: Run, road: Callable[[Case], None]) -> int:
    cutter = Cutter()
    case = run(cutter, road)
    assert_nothing_is_stuck(case)
    case.ra.close()
    return cutter.count


def try_all(run: Run, name: str, road: Callable[[Case], None], faults: int) -> None:
    acts = acts_of(run, ROADS[name])
    assert acts > 12, "an unbroken run writes and asks more often than that"
    for cutter in cuts(acts, faults):
        case = run(cutter, road)
        case.keep_house()
        if road is ROADS[name]:
            assert case.is_issued() == (name != "cancelled"), cutter
        assert_nothing_is_stuck(case)
        case.ra.close()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ROADS)
def test_cut_off_anywhere_the_customer_goes_on(run: Run, name: str) -> None:
    try_all(run, name, ROADS[name], 1)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ROADS)
def test_cut_off_anywhere_and_nobody_comes_back(run: Run, name: str) -> None:
    def leave(case: Case) -> None:
        case.patience = 1
        with suppress(GaveUp):
            ROADS[name](case)

    try_all(run, name, leave, 1)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", ROADS)
def test_cut_off_twice_the_customer_goes_on(run: Run, name: str) -> None:
    try_all(run, name, ROADS[name], 2)
