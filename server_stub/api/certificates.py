"""The signed-in customer's certificates, and what the unit lets the customer do with them."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from sqlalchemy import select

from server_stub import accounts, delivery, standing
from server_stub.api.answers import SIGNED_IN, problems
from server_stub.api.calls import Answered, MutationCall, ReadCall
from server_stub.api.shapes import Body, Password, Serial, Shape, Time
from server_stub.db.models import Account, Certificate, Order
from server_stub.problems import Code, Problem
from server_stub.ra import Act

router = APIRouter(tags=["certificates"])
_FAILURES = problems(*SIGNED_IN, Code.NOT_FOUND, Code.CONFLICT, Code.NOT_ALLOWED, Code.WRONG_PASSWORD)


class CertificateShape(Shape):
    """``serial`` is lower-case hex; ``slot`` the PIV key reference it was meant for, empty for a file.

    ``pem``: null once delivered, where staff must open another download. ``key``: SHA-256 of its
    SubjectPublicKeyInfo, by which a card or a file that holds the key is recognised. ``key_origin``: attested
    where the card proved that it made the key.
    """

    serial: str
    pem: str | None
    key: str
    not_before: Time
    not_after: Time
    state: Literal["valid", "on-hold", "revoked", "expired"]
    order: str
    card_id: str | None
    slot: str
    key_origin: Literal["attested", "not-proven"]


class Certificates(Shape):
    certificates: list[CertificateShape]


class Confirmation(Body):
    """``password``: the site password again, where the unit wants it."""

    password: Password | None = None


@router.get("/certificates", responses=problems(*SIGNED_IN))
def certificates(call: ReadCall) -> Certificates:
    return call.run(_all)


@router.post("/certificates/{serial}/suspension", response_model=CertificateShape, responses=_FAILURES)
def suspend(call: MutationCall, serial: Serial, body: Confirmation) -> Response:
    """Put it on hold at once, where the unit lets the customer do so. Only an officer resumes."""
    rule = call.reading().run(lambda act, account: _suspension_rule(act, account, serial))
    if rule == "password":
        _confirm(call, body)

    def work(act: Act, account: Account) -> Answered:
        row, order = standing.find(act, serial, account)
        standing.suspend(act, row)
        return Answered.of(200, _shape(act, row, order))

    return call.run(work)


@router.post("/account/revocation", response_model=Certificates, responses=_FAILURES)
def revoke_all(call: MutationCall) -> Response:
    """Revoke every certificate that counts, for ever, where the unit lets the customer do so."""

    def work(act: Act, account: Account) -> Answered:
        if act.ra.policy(account.unit).unit.states.revoke == "officer":
            raise Problem(Code.NOT_ALLOWED)
        counting = [row for row, _ in _rows(act, account) if standing.state(act, row) in {"valid", "on-hold"}]
        if not counting:
            raise Problem(Code.CONFLICT, state="none")
        for row in counting:
            standing.revoke(act, row, "unspecified")
        return Answered.of(200, _all(act, account))

    return call.run(work)


def _suspension_rule(act: Act, account: Account, serial: str) -> str:
    standing.find(act, serial, account)
    rule = act.ra.policy(account.unit).unit.states.suspend
    if rule == "officer":
        raise Problem(Code.NOT_ALLOWED)
    return rule


def _confirm(call: MutationCall, body: Confirmation) -> None:
    """A wrong site password counts here as at sign-in."""
    if body.password is None:
        raise Problem(Code.MALFORMED, field="password")
    accounts.confirm_password(call.ra, call.token, body.password)


def _all(act: Act, account: Account) -> Certificates:
    return Certificates(certificates=[_shape(act, row, order) for row, order in _rows(act, account)])


def _rows(act: Act, account: Account) -> list[tuple[Certificate, Order]]:
    """Newest first."""
    chosen = (
        select(Certificate, Order)
        .join(Order, Certificate.order_id == Order.id)
        .where(Order.account_id == account.id, Certificate.pem.is_not(None))
        .order_by(Certificate.not_before.desc(), Certificate.serial)
    )
    return [(row, order) for row, order in act.db.execute(chosen)]


def _shape(act: Act, row: Certificate, order: Order) -> CertificateShape:
    return CertificateShape.model_validate(
        {
            "serial": row.serial,
            "pem": row.pem if delivery.is_shown(act, order) else None,
            "key": row.key_fingerprint,
            "not_before": row.not_before,
            "not_after": row.not_after,
            "state": standing.state(act, row),
            "order": order.id,
            "card_id": row.card_id,
            "slot": order.slot_hint,
            "key_origin": row.key_origin,
        }
    )
