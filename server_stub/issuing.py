"""From a request to exactly one certificate.

The intent (order, key, serial, validity) is committed before the CA signs, the certificate after. When the
RA dies between the two, the next request takes the intent up again under the same serial: what was signed
before never left the house. A different key then replaces the intent, since the card may have had to make
its key anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from sqlalchemy import select

from server_stub.ca.requests import CheckedRequest, RefusedRequest, check_csr
from server_stub.db.models import Card, Certificate, Order
from server_stub.problems import Code, Problem
from server_stub.ra import Act, Ra

BACKDATED = timedelta(minutes=5)  # clients' clocks lag a little
_LIVE = ("intended", "valid", "on-hold")


def check(order: Order, csr: str) -> CheckedRequest:
    """Raises Problem REQUEST_REFUSED. Costs some milliseconds: not inside a write transaction."""
    try:
        return check_csr(csr, key_algorithm=order.key_algorithm)
    except RefusedRequest as error:
        raise Problem(Code.REQUEST_REFUSED, reason=error.reason) from error


def intend(act: Act, order: Order, request: CheckedRequest, years: int) -> Certificate:
    """The order's certificate record for this key: the existing one, or a new intent with a serial.

    Raises Problem REQUEST_REFUSED (reused) for a key known otherwise, CONFLICT when the order's certificate
    is for another key already.
    """
    current = of_order(act, order)
    if current is not None and current.key_fingerprint == request.spki_sha256:
        return current
    if current is not None and current.state != "intended":
        raise Problem(Code.CONFLICT, state=order.state)
    _refuse_known_key(act, request)
    if current is not None:
        _abandon(act, current)
    start = act.now - BACKDATED
    return _record_intent(act, order, request, start, _years_later(start, years))


def sign(ra: Ra, order: Order, intent: Certificate, subject: x509.Name) -> x509.Certificate:
    """Sign what was intended. Outside any transaction."""
    return ra.authority.issue(
        intent.profile,
        load_der_public_key(intent.public_key),
        subject,
        order.account.customer.email,
        int(intent.serial, 16),
        intent.not_before,
        intent.not_after,
    )


def keep(act: Act, order: Order, serial: str, certificate: x509.Certificate) -> bool:
    """Record the signed certificate. False when another request was faster: then theirs is the one."""
    row = of_order(act, order)
    if row is None or row.serial != serial:
        raise Problem(Code.CONFLICT, state=order.state)
    if row.state != "intended":
        return False
    row.state = "valid"
    row.pem = certificate.public_bytes(Encoding.PEM).decode()
    act.record("certificate.issued", row.serial, order=order.id, key=row.key_fingerprint)
    return True


def of_order(act: Act, order: Order) -> Certificate | None:
    """The one certificate of an order that counts; intended, valid or on hold."""
    return act.db.scalars(
        select(Certificate).where(Certificate.order_id == order.id, Certificate.state.in_(_LIVE))
    ).one_or_none()


def withdraw(act: Act, order: Order) -> None:
    """An order ended without its certificate being stored: revoke it, or forget the intent."""
    row = of_order(act, order)
    if row is None:
        return
    if row.state == "intended":
        _abandon(act, row)
    else:
        revoke(act, row, "cessationOfOperation")


def revoke(act: Act, row: Certificate, reason: str) -> None:
    """``reason`` in the words of RFC 5280 section 5.3.1."""
    row.state, row.revoked_at, row.reason = "revoked", act.now, reason
    act.record("certificate.revoked", row.serial, reason=reason)


def _refuse_known_key(act: Act, request: CheckedRequest) -> None:
    fingerprint = request.spki_sha256
    certified = select(Certificate.serial).where(
        Certificate.key_fingerprint == fingerprint, Certificate.state != "abandoned"
    )
    card_key = select(Card.id).where(Card.key_fingerprint == fingerprint)
    if act.db.scalars(certified).first() or act.db.scalars(card_key).first():
        raise Problem(Code.REQUEST_REFUSED, reason="reused")


def _record_intent(
    act: Act, order: Order, request: CheckedRequest, start: datetime, end: datetime
) -> Certificate:
    intent = Certificate(
        serial=f"{act.ra.authority.new_serial():x}",
        profile="signing",
        state="intended",
        card_id=order.card_id,
        order_id=order.id,
        key_fingerprint=request.spki_sha256,
        public_key=request.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        not_before=start,
        not_after=end,
    )
    act.db.add(intent)
    act.db.flush()
    act.record("certificate.intended", intent.serial, order=order.id, key=intent.key_fingerprint)
    return intent


def _abandon(act: Act, row: Certificate) -> None:
    row.state = "abandoned"
    act.db.flush()  # the unique index allows one live certificate per order
    act.record("certificate.abandoned", row.serial)


def _years_later(start: datetime, years: int) -> datetime:
    """The same day (1 March for 29 February); one second less, because both ends are included."""
    try:
        end = start.replace(year=start.year + years)
    except ValueError:
        end = start.replace(year=start.year + years, month=3, day=1)
    return end - timedelta(seconds=1)
