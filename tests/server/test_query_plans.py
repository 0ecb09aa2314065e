"""What is asked again and again finds its rows by an index, so that a million certificates cost what a few do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPRequestBuilder
from sqlalchemy import event
from starlette.testclient import TestClient

from server_stub import housekeeping
from server_stub.officers import Role
from server_stub.ra import Ra
from server_stub.seals import Notary
from tests.server.test_renewal import NEARLY_TWO_YEARS, renew
from tests.server.world import Caller, World

FORM = {"form": "R-2026/17"}
# Tables that hold what happened in some minutes, one row, or one for each officer, stay small.
GROWING = {
    "accounts", "audit", "audit_seals", "card_guids", "cards", "certificates", "cmc_transactions", "customers",
    "enrolment_codes", "orders", "sign_in_counters", "stored_answers", "verifications", "relays",
}  # fmt: skip
_SCAN = re.compile(r"SCAN (\w+)")


@contextmanager
def noting(ra: Ra) -> Iterator[dict[str, Any]]:
    """Every statement with parameters it had."""
    noted: dict[str, Any] = {}

    def note(_c: object, _cursor: object, statement: str, parameters: Any, _x: object, many: bool) -> None:
        if statement.split(maxsplit=1)[0] in {"SELECT", "UPDATE", "DELETE"}:
            noted[statement] = parameters[0] if many else parameters

    event.listen(ra.database.engine, "before_cursor_execute", note)
    yield noted
    event.remove(ra.database.engine, "before_cursor_execute", note)


def scanned(ra: Ra, noted: dict[str, Any]) -> list[str]:
    """Statements that look at every row of a growing table."""
    with ra.database.engine.connect() as connection:
        plans = {
            statement: connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            for statement, parameters in noted.items()
        }
    return [
        f"{row.detail}: {statement}"
        for statement, plan in plans.items()
        for row in plan
        if (found := _SCAN.match(row.detail)) and found[1] in GROWING
    ]


def a_customers_road(client: TestClient, world: World, ra: Ra, alice: Caller) -> str:
    """From sign-in to the order of the next certificate; the serial of the first."""
    world.try_sign_in(alice.person.account, alice.person.password)
    order = alice.issue()
    alice.stored(order["id"], order["certificate"])
    for path in ("/account", "/orders", "/orders?state=open", f"/cards?key={alice.card.fingerprint}"):
        assert alice.get(path).status_code == 200
    certificate = x509.load_pem_x509_certificate(order["certificate"].encode())
    question = OCSPRequestBuilder().add_certificate(certificate, ra.authority.chain[0], SHA256()).build()
    client.post("/ocsp", content=question.public_bytes(Encoding.DER))
    (listed,) = alice.get("/certificates").json()["certificates"]
    return str(listed["serial"])


def an_officers_day(world: World, serial: str) -> None:
    officer = world.officer_caller("may", Role.REGISTRAR)
    officer.post("/enrolment-codes", {"unit": "exchange", "account": "alice", **FORM})
    for act in ("suspension", "resumption"):
        assert officer.post(f"/certificates/{serial}/{act}", FORM).status_code == 200
    assert officer.get("/certificates?identifier=ID-alice").json()["certificates"]
    assert officer.get("/approvals").status_code == 200


def test_nobody_looks_at_every_row(client: TestClient, world: World, ra: Ra, alice: Caller) -> None:
    with noting(ra) as noted:
        serial = a_customers_road(client, world, ra, alice)
        an_officers_day(world, serial)
        world.advance(NEARLY_TWO_YEARS)
        assert renew(world.sign_in(alice.person), serial).status_code == 201
        assert client.get("/health").status_code == 200
        Notary.open(ra.settings.data).seal(ra)
        housekeeping.sweep(ra)
    assert len(noted) > 40
    assert scanned(ra, noted) == []


def test_a_full_scan_would_be_noticed(ra: Ra) -> None:
    assert scanned(ra, {"SELECT * FROM orders WHERE slot_hint = ?": ("9A",)})


@pytest.mark.parametrize("table", ["orders", "certificates", "cards"])
def test_counting_reads_an_index_and_not_the_rows(ra: Ra, table: str) -> None:
    column = "status" if table == "cards" else "state"
    (told,) = scanned(ra, {f"SELECT {column}, count(*) FROM {table} GROUP BY {column}": ()})
    assert "COVERING INDEX" in told
