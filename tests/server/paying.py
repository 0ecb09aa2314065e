"""A customer whose renewal costs something, and the bank's books."""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from httpx2 import Response
from sqlalchemy import select

from server_stub.db.models import AuditEntry, Debit, PracticeDebit
from server_stub.ra import Ra
from tests.server.world import Caller, World, spki

AMOUNT = 60
PASSBOOK = "00012340009876"
GIRO = "50007770"
NEARLY_TWO_YEARS = 720 * 86400
NEW_KEY = rsa.generate_private_key(65537, 2048)


def with_certificate(world: World, person: Caller) -> Caller:
    """Signed in within the window to renew; the key is in a file."""
    world.let_units()
    order = person.post("/orders", {"kind": "apply", **person.terms()}).json()["id"]
    pem = person.request(order).json()["certificate"]
    assert person.stored(order, pem).status_code == 200
    world.advance(NEARLY_TWO_YEARS)
    return world.sign_in(person.person)


def serial_of(caller: Caller) -> str:
    (certificate,) = caller.get("/certificates").json()["certificates"]
    return str(certificate["serial"])


def renew(caller: Caller, serial: str | None = None) -> dict[str, Any]:
    body = {"kind": "renew", "renews": serial or serial_of(caller), **caller.terms()}
    answer = caller.post("/orders", body)
    assert answer.status_code in {200, 201}, answer.text
    return dict(answer.json())


def debit(caller: Caller, order: str, number: str = PASSBOOK, key: str | None = None) -> Response:
    account = "giro" if len(number) == len(GIRO) else "passbook"
    return caller.post(f"/orders/{order}/debit", {"account": account, "number": number}, key)


def fee(caller: Caller, order: str) -> dict[str, Any]:
    return dict(caller.get(f"/orders/{order}").json()["fee"])


def ask(
    caller: Caller, order: str, new: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = NEW_KEY
) -> Response:
    """The request of a new key, authorised by the one that the customer has."""
    old, caller.card.signing_key = caller.card.signing_key, new
    try:
        digest = hashlib.sha256(spki(new.public_key())).hexdigest()
        signed = caller.signed(old, key_sha256=digest, order=order, type="renewal")
        return caller.post(f"/orders/{order}/request", {"csr": caller.card.csr(), "authorisation": signed})
    finally:
        caller.card.signing_key = old


def books(ra: Ra) -> dict[str, int]:
    """What the bank has, by state: the sum of the amounts."""
    sums: dict[str, int] = {}
    with ra.act(write=False) as act:
        for row in act.db.scalars(select(PracticeDebit).where(PracticeDebit.amount > 0)):
            sums[row.state] = sums.get(row.state, 0) + row.amount
    return sums


def debits(ra: Ra) -> list[Debit]:
    with ra.act(write=False) as act:
        return list(act.db.scalars(select(Debit).order_by(Debit.reference)))


def told(ra: Ra) -> list[str]:
    """The audit log's words on debits, in order."""
    with ra.act(write=False) as act:
        chosen = select(AuditEntry.action).where(AuditEntry.action.like("debit.%"))
        return list(act.db.scalars(chosen.order_by(AuditEntry.number)))
