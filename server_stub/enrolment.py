"""The two ends of an order: the certificate for a request, and the proof that it is on the card."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key

from server_stub import fees, issuing, orders, standing
from server_stub.ca import attestation
from server_stub.ca.attestation import Attestation, Attested, RefusedAttestation
from server_stub.ca.requests import CheckedRequest
from server_stub.custody.statements import BadStatement, check_statement
from server_stub.db.models import Card, Certificate, Customer, Order
from server_stub.orders import State
from server_stub.policy.unit import Unit
from server_stub.problems import Code, Problem
from server_stub.ra import Act, Ra


@dataclass(frozen=True)
class Intent:
    """What is to be signed, and for whom."""

    certificate: Certificate
    unit: Unit
    order: Order
    customer: Customer

    def sign(self, ra: Ra) -> x509.Certificate | None:
        """Outside any transaction. None when that was done before."""
        subject = orders.subject_name(self.unit, self.customer.identifier)
        return issuing.sign(ra, self.certificate, issuing.Holder(subject, self.customer.email))


def intend(act: Act, order: Order, request: CheckedRequest, sent: Attestation | None = None) -> Intent:
    """The first part, committed before anything is signed. ``sent``: the card's word about the request's key.

    Raises Problem CONFLICT, REQUEST_REFUSED.
    """
    orders.require(act, order, State.AUTHORISED, State.ISSUED, State.STORED)
    unit = act.ra.policy(order.unit).unit
    place = issuing.Place("signing", order.card_id, order.id, unit.validity_years)
    attested = _attested(act, order, unit, request, sent)
    certificate = issuing.intend(act, place, request, attested)
    return Intent(certificate, unit, order, order.account.customer)


def _attested(
    act: Act, order: Order, unit: Unit, request: CheckedRequest, sent: Attestation | None
) -> Attested | None:
    """None where nothing was sent and nothing is demanded; what is sent must be right. Raises Problem."""
    if sent is None and not _is_demanded(order, unit):
        return None
    if sent is None or order.card_id is None:
        raise Problem(Code.REQUEST_REFUSED, reason="attestation")
    serial = act.db.get_one(Card, order.card_id).vendor_serial
    try:
        return attestation.verify(
            sent, act.ra.attestation_roots, spki=request.spki, serial=serial, now=act.now
        )
    except RefusedAttestation as error:
        raise Problem(Code.REQUEST_REFUSED, reason="attestation") from error


def _is_demanded(order: Order, unit: Unit) -> bool:
    """Only a card can prove where a key was made."""
    return order.card_id is not None and unit.card is not None and unit.card.key_origin == "attested"


def complete(act: Act, intent: Intent, signed: x509.Certificate | None) -> Certificate | None:
    """The last part: record the certificate; the order is issued. The certificate; None if it was revoked meanwhile.

    What awaits activation is on hold from its first moment: nobody ever sees it valid before. Raises Problem
    CONFLICT.
    """
    order, row = intent.order, intent.certificate
    act.db.add_all((order, row))  # as they were: while the intent stands, its order is authorised
    if signed is not None and issuing.keep(act, row, signed):
        orders.move(act, order, State.ISSUED)
        fees.capture(act, order)
        if orders.awaits_activation(act, order):
            standing.suspend(act, row)
        return row
    act.db.refresh(order)
    act.db.refresh(row)
    return row if row.state in issuing.LIVE else None


TakeOrder = Callable[[Act], Order]


def at_once(
    ra: Ra, author: str, request: CheckedRequest, take_order: TakeOrder, *, is_delivery: bool
) -> x509.Certificate:
    """From a request to its certificate in one go, for callers who proved themselves already.

    ``take_order``: the order it belongs to, which nothing else need authorise. ``is_delivery``: the answer is all
    the customer needs, nobody will confirm. Raises Problem as ``intend`` and ``take_order`` do.
    """
    with ra.act(author) as act:
        order = take_order(act)
        if order.state in orders.WAITING:
            orders.move(act, order, State.AUTHORISED)
        intent = intend(act, order, request)
    signed = intent.sign(ra)
    with ra.act(author) as act:
        row = complete(act, intent, signed)
        if row is None or row.pem is None:  # revoked in between
            raise Problem(Code.CONFLICT, state=order.state)
        if is_delivery:
            settle_stored(act, order)
    return x509.load_pem_x509_certificate(row.pem.encode())


def confirm_stored(act: Act, order: Order, statement: bytes, signature: bytes) -> Order:
    """The new key itself says that its certificate is on the card.

    Raises Problem CONFLICT, CARD_NOT_VERIFIED.
    """
    orders.require(act, order, State.ISSUED, State.STORED, State.ACTIVATED)
    prove_key(act, order, "stored", statement, signature)
    settle_stored(act, order)
    return order


def prove_key(act: Act, order: Order, purpose: str, statement: bytes, signature: bytes) -> Certificate:
    """The order's certificate, whose key signed a statement about it. Raises Problem CONFLICT, CARD_NOT_VERIFIED."""
    row = issuing.of_order(act, order)
    if row is None or row.pem is None:
        raise Problem(Code.CONFLICT, state=order.state)
    expected = {
        "audience": act.ra.settings.url,
        "certificate_sha256": _sha256(row.pem),
        "order": order.id,
        "type": purpose,
    }
    try:
        check_statement(load_der_public_key(row.public_key), statement, signature, expected, act.now)
    except BadStatement as error:
        raise Problem(Code.CARD_NOT_VERIFIED) from error
    return row


def settle_stored(act: Act, order: Order) -> None:
    """The certificate is on its card: the registration has served. Again is no error."""
    if order.state == State.ISSUED:
        orders.move(act, order, State.STORED)
        order.account.registration = "used"


def _sha256(pem: str) -> str:
    certificate = x509.load_pem_x509_certificate(pem.encode())
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
