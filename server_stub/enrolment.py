"""The two ends of an order: the certificate for a request, and the proof that it is on the card."""

from __future__ import annotations

import hashlib

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key

from server_stub import issuing, orders
from server_stub.ca.requests import CheckedRequest
from server_stub.custody.statements import BadStatement, check_statement
from server_stub.db.models import Account, Certificate, Order
from server_stub.orders import State
from server_stub.problems import Code, Problem
from server_stub.ra import Act, Ra


def intend(act: Act, order: Order, request: CheckedRequest) -> Certificate:
    """The first half, committed before ``sign``. Raises Problem CONFLICT, REQUEST_REFUSED."""
    orders.require(act, order, State.AUTHORISED, State.ISSUED, State.STORED)
    return issuing.intend(act, order, request, act.ra.policy(order.unit).unit.validity_years)


def sign(ra: Ra, order: Order, intent: Certificate) -> x509.Certificate | None:
    """The certificate to keep, or None when there is one already. Only computes: outside transactions."""
    if intent.state != "intended":
        return None
    return issuing.sign(ra, order, intent, orders.subject_name(ra.policy(order.unit).unit, order.account))


def complete(
    act: Act, account: Account, order_id: str, serial: str, signed: x509.Certificate | None
) -> Order:
    """The second half: record the certificate; the order is issued."""
    order = orders.find(act, account, order_id)
    if signed is not None and issuing.keep(act, order, serial, signed):
        orders.move(act, order, State.ISSUED)
    return order


def confirm_stored(act: Act, order: Order, statement: bytes, signature: bytes) -> Order:
    """The new key itself says that its certificate is on the card.

    Raises Problem CONFLICT, CARD_NOT_VERIFIED.
    """
    orders.require(act, order, State.ISSUED, State.STORED, State.ACTIVATED)
    row = issuing.of_order(act, order)
    if row is None or row.pem is None:
        raise Problem(Code.CONFLICT, state=order.state)
    expected = {
        "audience": act.ra.settings.url,
        "certificate_sha256": _sha256(row.pem),
        "order": order.id,
        "type": "stored",
    }
    try:
        check_statement(load_der_public_key(row.public_key), statement, signature, expected, act.now)
    except BadStatement as error:
        raise Problem(Code.CARD_NOT_VERIFIED) from error
    if order.state == State.ISSUED:
        orders.move(act, order, State.STORED)
        order.account.registration = "used"
    return order


def _sha256(pem: str) -> str:
    certificate = x509.load_pem_x509_certificate(pem.encode())
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
