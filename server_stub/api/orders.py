"""Orders and the admin relay that belongs to them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import StringConstraints

from server_stub import accounts, cards, debits, delivery, enrolment, issuing, orders, relays, renewal
from server_stub.api.answers import SIGNED_IN, problems
from server_stub.api.calls import Answered, MutationCall, ReadCall
from server_stub.api.fees import FeeShape, fee_of
from server_stub.api.renewing import OrderCall, RelayCall, RenewalCall
from server_stub.api.shapes import (
    Block,
    Body,
    EnrolmentCode,
    Fingerprint,
    Id,
    Password,
    Serial,
    Shape,
    SignedStatement,
    Time,
)
from server_stub.ca.attestation import Attestation
from server_stub.db.models import Account, Card, Certificate, Order
from server_stub.problems import Code, Problem
from server_stub.ra import Act

router = APIRouter(tags=["orders"])
AttestationPem = Annotated[str, StringConstraints(min_length=1, max_length=8192)]
_FAILURES = (*SIGNED_IN, Code.NOT_FOUND, Code.CONFLICT, Code.NOT_ALLOWED)


class NewOrder(Body):
    """Without ``card_id`` the key is in a file. ``code``: from the counter's slip, where the unit wants one.

    ``renews``: the serial of the certificate to renew; its order says where its key is.
    """

    kind: Literal["apply", "renew"]
    card_id: Id | None = None
    terms_version: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    terms_sha256: Fingerprint
    code: EnrolmentCode | None = None
    renews: Serial | None = None


class OrderShape(Shape):
    """``subject`` is RFC 4514 text; ``certificate`` PEM once issued; no ``card_id`` for a key in a file."""

    id: str
    kind: str
    state: str
    unit: str
    card_id: str | None
    slot_hint: str
    key_algorithm: str
    subject: str
    created_at: Time
    deadline: Time
    certificate: str | None
    fee: FeeShape | None


class Orders(Shape):
    orders: list[OrderShape]


class NewRelay(Body):
    verification: Id


class RelayShape(Shape):
    """``algorithm`` of the card's admin key: TDES, AES-128, AES-192 or AES-256."""

    id: str
    algorithm: str
    expires_at: Time


class EncryptedWitness(Body):
    """One block of the card's admin algorithm, lower-case hex."""

    witness: Block


class WitnessAnswer(Shape):
    witness: str
    challenge: str


class EncryptedChallenge(Body):
    response: Block


class Activation(SignedStatement):
    """``password``: the site password again."""

    password: Password


class KeyAttestation(Body):
    """``certificate``: the card's statement about the request's key; ``intermediate``: its signer's. PEM both."""

    certificate: AttestationPem
    intermediate: AttestationPem


class Request(Body):
    """``authorisation``: to renew, the old key signs for the new one. ``attestation``: the key was made on the card."""

    csr: Annotated[str, StringConstraints(min_length=1, max_length=16384)]
    authorisation: SignedStatement | None = None
    attestation: KeyAttestation | None = None

    def sent_attestation(self) -> Attestation | None:
        if self.attestation is None:
            return None
        return Attestation(self.attestation.certificate, self.attestation.intermediate)


@router.post(
    "/orders",
    status_code=201,
    response_model=OrderShape,
    responses={
        200: {"model": OrderShape, "description": "The card's open order"},
        **problems(*_FAILURES, Code.NOT_APPROVED, Code.TERMS_CHANGED, Code.CODE_WRONG),
    },
)
def create_order(call: MutationCall, renewal_call: RenewalCall, body: NewOrder) -> Response:
    def create(act: Act, account: Account) -> Answered:
        order, is_new = _begin(act, account, body)
        return Answered.of(201 if is_new else 200, shape_of(act, order))

    return (renewal_call if body.kind == "renew" else call).run(create)


@router.get("/orders", responses=problems(*SIGNED_IN))
def list_orders(call: ReadCall, card_id: Id | None = None, state: Literal["open", "any"] = "any") -> Orders:
    def look(act: Act, account: Account) -> Orders:
        found = orders.of_account(act, account, card_id, only_open=state == "open")
        return Orders(orders=[shape_of(act, order) for order in found])

    return call.run(look)


@router.get("/orders/{order_id}", responses=problems(*SIGNED_IN, Code.NOT_FOUND))
def read_order(call: ReadCall, order_id: Id) -> OrderShape:
    return call.run(lambda act, account: shape_of(act, orders.find(act, account, order_id)))


@router.delete("/orders/{order_id}", response_model=OrderShape, responses=problems(*_FAILURES))
def cancel_order(call: OrderCall, order_id: Id) -> Response:
    def cancel(act: Act, account: Account) -> Answered:
        order = orders.find(act, account, order_id)
        orders.cancel(act, order)
        return Answered.of(200, shape_of(act, order))

    answer = call.run(cancel)
    debits.tell(call.ra, order_id)
    return answer


@router.post(
    "/orders/{order_id}/relays",
    status_code=201,
    response_model=RelayShape,
    responses=problems(*_FAILURES, Code.CARD_NOT_VERIFIED),
)
def open_relay(call: OrderCall, order_id: Id, body: NewRelay) -> Response:
    def begin(act: Act, account: Account) -> Answered:
        relay = relays.begin(act, orders.find(act, account, order_id), body.verification)
        algorithm = act.db.get_one(Card, relay.card_id).admin_algorithm
        return Answered.of(201, RelayShape(id=relay.id, algorithm=algorithm, expires_at=relay.expires_at))

    return call.run(begin)


@router.post(
    "/relays/{relay_id}/witness",
    response_model=WitnessAnswer,
    responses=problems(*_FAILURES, Code.RELAY_VOID),
)
def answer_witness(call: RelayCall, relay_id: Id, body: EncryptedWitness) -> Response:
    def answer(act: Act, account: Account) -> Answered:
        encrypted = bytes.fromhex(body.witness)
        witness, challenge = relays.answer_witness(act, account, relay_id, encrypted)
        return Answered.of(200, WitnessAnswer(witness=witness.hex(), challenge=challenge.hex()))

    return call.run(answer)


@router.post(
    "/relays/{relay_id}/response",
    response_model=OrderShape,
    responses=problems(*_FAILURES, Code.RELAY_VOID, Code.CARD_NOT_VERIFIED),
)
def check_response(call: RelayCall, relay_id: Id, body: EncryptedChallenge) -> Response:
    def check(act: Act, account: Account) -> Answered:
        response = bytes.fromhex(body.response)
        return Answered.of(200, shape_of(act, relays.check_response(act, account, relay_id, response)))

    return call.run(check)


@router.post(
    "/orders/{order_id}/request",
    response_model=OrderShape,
    responses=problems(*_FAILURES, Code.REQUEST_REFUSED, Code.CARD_NOT_VERIFIED),
)
def request_certificate(call: OrderCall, order_id: Id, body: Request) -> Response:
    """Intent, signature and record are three steps, so that no crash makes a second certificate."""
    examined = issuing.examine(body.csr)

    def intend(act: Act, account: Account) -> enrolment.Intent:
        order = orders.find(act, account, order_id)
        request = issuing.require(examined, order.key_algorithm)
        if order.kind == "renew":
            _check_old_key(act, order, request.spki_sha256, body.authorisation)
        return enrolment.intend(act, order, request, body.sent_attestation())

    begun = call.begin(intend)
    if isinstance(begun, Response):
        return begun
    signed = begun.result.sign(call.ra)

    def complete(act: Act, _account: Account) -> Answered:
        row = enrolment.complete(act, begun.result, signed)
        return Answered.of(200, _shape_with(act, begun.result.order, row))

    answer = begun.conclude(complete)
    debits.tell(call.ra, order_id)
    return answer


@router.post(
    "/orders/{order_id}/stored",
    response_model=OrderShape,
    responses=problems(*_FAILURES, Code.CARD_NOT_VERIFIED),
)
def confirm_stored(call: OrderCall, order_id: Id, body: SignedStatement) -> Response:
    def confirm(act: Act, account: Account) -> Answered:
        order = orders.find(act, account, order_id)
        return Answered.of(200, shape_of(act, enrolment.confirm_stored(act, order, *body.signed())))

    return call.run(confirm)


@router.post(
    "/orders/{order_id}/activation",
    response_model=OrderShape,
    responses=problems(*_FAILURES, Code.CARD_NOT_VERIFIED, Code.WRONG_PASSWORD),
)
def activate(call: MutationCall, order_id: Id, body: Activation) -> Response:
    """Take the new certificate off hold. A wrong site password counts as at sign-in."""
    call.reading().run(lambda act, account: orders.find(act, account, order_id))
    accounts.confirm_password(call.ra, call.token, body.password)

    def work(act: Act, account: Account) -> Answered:
        order = orders.find(act, account, order_id)
        delivery.activate(act, order, *body.signed())
        return Answered.of(200, shape_of(act, order))

    return call.run(work)


@router.post(
    "/orders/{order_id}/download",
    response_model=OrderShape,
    responses=problems(*_FAILURES),
)
def download(call: MutationCall, order_id: Id) -> Response:
    """The certificate once more: on any computer that holds its card, or its key file."""

    def work(act: Act, account: Account) -> Answered:
        order = orders.find(act, account, order_id)
        delivery.download(act, order)
        return Answered.of(200, shape_of(act, order))

    return call.run(work)


def _begin(act: Act, account: Account, body: NewOrder) -> tuple[Order, bool]:
    wish = orders.Wish(body.kind, body.terms_version, body.terms_sha256, body.code)
    if body.kind == "apply":
        card = cards.owned(act, account, body.card_id) if body.card_id else None
        return orders.create(act, account, card, wish)
    if body.renews is None:
        raise Problem(Code.MALFORMED, field="renews")
    return renewal.begin(act, account, body.renews, wish)


def _check_old_key(act: Act, order: Order, key_sha256: str, signed: SignedStatement | None) -> None:
    if signed is None:
        raise Problem(Code.MALFORMED, field="authorisation")
    renewal.check_old_key(act, order, key_sha256, *signed.signed())


def shape_of(act: Act, order: Order) -> OrderShape:
    return _shape_with(act, order, issuing.of_order(act, order))


def _shape_with(act: Act, order: Order, row: Certificate | None) -> OrderShape:
    """``row``: the order's certificate."""
    derived = {
        "state": orders.state_at(order, act.now),
        "certificate": row.pem if row and delivery.is_shown(act, order) else None,
        "fee": fee_of(act, order),
    }
    stored = {name: getattr(order, name) for name in OrderShape.model_fields if name not in derived}
    return OrderShape.model_validate({**stored, **derived})
