"""What officers do by API: sign in with a second factor, find certificates, change their standing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import StringConstraints
from sqlalchemy import select

from server_stub import accounts, codes, delivery, officers, orders, standing
from server_stub.api.answers import OFFICER_SIGNED_IN, problems
from server_stub.api.calls import (
    Answered,
    IdempotencyKey,
    Mutation,
    Reading,
    RequestHash,
    TheRa,
    Token,
    officer_with,
)
from server_stub.api.sessions import address_of
from server_stub.api.shapes import Body, Form, Id, Password, Serial, Shape, Time, UnitId
from server_stub.db.models import Account, Certificate, Customer, Officer, OfficerSession, Order
from server_stub.officers import Role
from server_stub.problems import Code, Problem
from server_stub.ra import Act

router = APIRouter(prefix="/officer", tags=["officers"])
_FAILURES = problems(*OFFICER_SIGNED_IN, Code.NOT_FOUND, Code.CONFLICT)
_MOST = 200


class OfficerCredentials(Body):
    """``code``: the authenticator application's six digits."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    password: Password
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class OfficerSessionShape(Shape):
    name: str
    roles: list[str]
    expires_at: Time


class NewOfficerSession(OfficerSessionShape):
    token: str


class FoundCertificate(Shape):
    """``reason`` (RFC 5280) and ``since`` while it does not count; ``key_origin`` as customers are told."""

    serial: str
    order: str
    state: Literal["valid", "on-hold", "revoked", "expired"]
    unit: str
    account: str
    identifier: str
    not_before: Time
    not_after: Time
    reason: str | None
    since: Time | None
    key_origin: Literal["attested", "not-proven"]


class FoundCertificates(Shape):
    certificates: list[FoundCertificate]


class PaperForm(Body):
    """``form``: the number of the paper form this rests on."""

    form: Form


class SlipForm(PaperForm):
    """Whom the slip is for."""

    unit: UnitId
    account: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Slip(Shape):
    """``code`` is in this answer only; letters' case matters."""

    code: str
    expires_at: Time


class OpenedDownload(Shape):
    order: str
    until: Time


class RevocationForm(PaperForm):
    reason: Literal[
        "unspecified", "keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation"
    ]


def _reader(ra: TheRa, token: Token) -> Reading[Officer]:
    return Reading(ra, token, officer_with(Role.REGISTRAR, Role.AUDITOR))


def _registrar(ra: TheRa, token: Token, key: IdempotencyKey, digest: RequestHash) -> Mutation[Officer]:
    return Mutation(ra, token, officer_with(Role.REGISTRAR), key, digest)


ReaderCall = Annotated[Reading[Officer], Depends(_reader)]
RegistrarCall = Annotated[Mutation[Officer], Depends(_registrar)]


@router.post(
    "/sessions",
    status_code=201,
    responses=problems(Code.WRONG_PASSWORD, Code.SUSPENDED, Code.BUSY, Code.MALFORMED),
)
def create_officer_session(
    request: Request, ra: TheRa, body: OfficerCredentials, _key: IdempotencyKey
) -> NewOfficerSession:
    """The token is in this answer only; it is not kept for replay."""
    token, session = officers.sign_in(ra, body.name, body.password, body.code, address_of(request))
    return NewOfficerSession(token=token, **_session(session).model_dump())


@router.get("/sessions/current", responses=problems(Code.SESSION_EXPIRED, Code.SUSPENDED))
def current_officer_session(ra: TheRa, token: Token) -> OfficerSessionShape:
    with ra.act(write=False) as act:
        return _session(officers.find_session(act, token))


@router.delete(
    "/sessions/current",
    status_code=204,
    responses=problems(Code.SESSION_EXPIRED, Code.SUSPENDED, Code.MALFORMED),
)
def end_officer_session(ra: TheRa, token: Token, _key: IdempotencyKey) -> None:
    with ra.act() as act:
        officers.end_session(act, officers.find_session(act, token))


@router.get("/certificates", responses=problems(*OFFICER_SIGNED_IN))
def find_certificates(
    call: ReaderCall, identifier: Annotated[str, Query(min_length=1, max_length=64)]
) -> FoundCertificates:
    """All certificates of a customer, by the identifier (CN) in them; the newest first."""
    return call.run(lambda act, _: FoundCertificates(certificates=_of_identifier(act, identifier)))


@router.post("/certificates/{serial}/suspension", response_model=FoundCertificate, responses=_FAILURES)
def suspend_by_officer(call: RegistrarCall, serial: Serial, body: PaperForm) -> Response:
    return call.run(lambda act, _: _changed(act, serial, lambda row: standing.suspend(act, row, body.form)))


@router.post("/certificates/{serial}/resumption", response_model=FoundCertificate, responses=_FAILURES)
def resume_by_officer(call: RegistrarCall, serial: Serial, body: PaperForm) -> Response:
    def work(act: Act, _: Officer) -> Answered:
        row, order = standing.find(act, serial)
        if orders.awaits_activation(act, order):
            raise Problem(Code.CONFLICT, state="not-activated")  # that is its holder's to do
        standing.resume(act, row, body.form)
        return Answered.of(200, _found(act, row, order))

    return call.run(work)


@router.post("/certificates/{serial}/revocation", response_model=FoundCertificate, responses=_FAILURES)
def revoke_by_officer(call: RegistrarCall, serial: Serial, body: RevocationForm) -> Response:
    return call.run(
        lambda act, _: _changed(act, serial, lambda row: standing.revoke(act, row, body.reason, body.form))
    )


@router.post(
    "/enrolment-codes",
    status_code=201,
    response_model=Slip,
    responses=problems(*OFFICER_SIGNED_IN, Code.NOT_FOUND),
)
def make_enrolment_code(call: RegistrarCall, body: SlipForm) -> Response:
    """A new one-time code, which voids the one before; with it the account may apply."""

    def work(act: Act, _: Officer) -> Answered:
        account = accounts.find(act, body.unit, body.account)
        if account is None:
            raise Problem(Code.NOT_FOUND)
        code, row = codes.make(act, account, body.form)
        return Answered.of(201, Slip(code=code, expires_at=row.expires_at))

    return call.run(work)


@router.post("/orders/{order_id}/download", response_model=OpenedDownload, responses=_FAILURES)
def open_download(call: RegistrarCall, order_id: Id, body: PaperForm) -> Response:
    """Let the customer have the certificate again, where that is the staff's to decide."""

    def work(act: Act, _: Officer) -> Answered:
        order = act.db.get(Order, order_id)
        if order is None:
            raise Problem(Code.NOT_FOUND)
        until = delivery.open_download(act, order, body.form)
        return Answered.of(200, OpenedDownload(order=order.id, until=until))

    return call.run(work)


def _session(session: OfficerSession) -> OfficerSessionShape:
    officer = session.officer
    roles: list[str] = sorted(officers.roles_of(officer))
    return OfficerSessionShape(name=officer.name, roles=roles, expires_at=session.expires_at)


def _of_identifier(act: Act, identifier: str) -> list[FoundCertificate]:
    chosen = (
        select(Certificate, Order)
        .join(Order, Certificate.order_id == Order.id)
        .join(Account, Order.account_id == Account.id)
        .join(Customer, Account.customer_id == Customer.id)
        .where(Customer.identifier == identifier, Certificate.pem.is_not(None))
        .order_by(Certificate.not_before.desc(), Certificate.serial)
        .limit(_MOST)
    )
    return [_found(act, row, order) for row, order in act.db.execute(chosen)]


def _changed(act: Act, serial: str, change: Callable[[Certificate], None]) -> Answered:
    row, order = standing.find(act, serial)
    change(row)
    return Answered.of(200, _found(act, row, order))


def _found(act: Act, row: Certificate, order: Order) -> FoundCertificate:
    return FoundCertificate.model_validate(
        {
            "serial": row.serial,
            "order": order.id,
            "state": standing.state(act, row),
            "unit": order.unit,
            "account": order.account.name,
            "identifier": order.account.customer.identifier,
            "not_before": row.not_before,
            "not_after": row.not_after,
            "reason": row.reason,
            "since": row.revoked_at,
            "key_origin": row.key_origin,
        }
    )
