"""From a request to exactly one certificate.

The intent (place, key, serial, validity) is committed before the CA signs, the certificate after. When the
RA dies between the two, the next request takes the intent up again under the same serial: what was signed
before never left the house. A different key then replaces the intent, since the card may have had to make
its key anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from sqlalchemy import select

from server_stub import standing
from server_stub.ca.requests import CheckedRequest, RefusedRequest, check_csr
from server_stub.db.models import Account, Card, Certificate, Order
from server_stub.problems import Code, Problem
from server_stub.ra import Act, Ra

BACKDATED = timedelta(minutes=5)  # clients' clocks lag a little
_LIVE = ("intended", "valid", "on-hold")


@dataclass(frozen=True)
class Place:
    """What a certificate is for; at most one counts for each place. ``order_id``: None outside orders.

    ``card_id``: None for a key in a file.
    """

    profile: str
    card_id: str | None
    order_id: str | None
    years: int


@dataclass(frozen=True)
class Holder:
    """Who stands in it."""

    subject: x509.Name
    email: str | None


def check(csr: str, key_algorithm: str) -> CheckedRequest:
    """Raises Problem REQUEST_REFUSED. Costs some milliseconds: not inside a write transaction."""
    try:
        return check_csr(csr, key_algorithm=key_algorithm)
    except RefusedRequest as error:
        raise Problem(Code.REQUEST_REFUSED, reason=error.reason) from error


def intend(act: Act, place: Place, request: CheckedRequest) -> Certificate:
    """The place's certificate record for this key: the existing one, or a new intent with a serial.

    Raises Problem REQUEST_REFUSED (reused) for a key known otherwise, CONFLICT when the place has a
    certificate for another key already.
    """
    current = live(act, place)
    if current is not None and current.key_fingerprint == request.spki_sha256:
        return current
    if current is not None and current.state != "intended":
        raise Problem(Code.CONFLICT, state="issued")
    _refuse_known_key(act, request)
    if current is not None:
        abandon(act, current)
    return _record_intent(act, place, request)


def sign(ra: Ra, intent: Certificate, holder: Holder) -> x509.Certificate | None:
    """Sign what was intended, outside any transaction. None when that was done before."""
    if intent.state != "intended":
        return None
    return ra.authority.issue(
        intent.profile,
        load_der_public_key(intent.public_key),
        holder.subject,
        holder.email,
        int(intent.serial, 16),
        intent.not_before,
        intent.not_after,
    )


def keep(act: Act, serial: str, certificate: x509.Certificate) -> bool:
    """Record the signed certificate. False when another request was faster: then theirs is the one.

    Raises Problem CONFLICT when the intent was given up meanwhile.
    """
    row = act.db.get_one(Certificate, serial)
    if row.state == "abandoned":
        raise Problem(Code.CONFLICT, state="cancelled")
    if row.state != "intended":
        return False
    row.state = "valid"
    row.pem = certificate.public_bytes(Encoding.PEM).decode()
    act.record("certificate.issued", row.serial, card=row.card_id, key=row.key_fingerprint)
    return True


def live(act: Act, place: Place) -> Certificate | None:
    """The one certificate of a place that counts: intended, valid or on hold."""
    return act.db.scalars(
        select(Certificate).where(
            Certificate.profile == place.profile,
            Certificate.card_id == place.card_id,
            Certificate.order_id == place.order_id,
            Certificate.state.in_(_LIVE),
        )
    ).one_or_none()


def of_order(act: Act, order: Order) -> Certificate | None:
    """The one certificate of an order that counts."""
    return act.db.scalars(
        select(Certificate).where(Certificate.order_id == order.id, Certificate.state.in_(_LIVE))
    ).one_or_none()


def of_key(act: Act, account: Account, fingerprint: str) -> Certificate | None:
    """The customer's certificate for this key, if one was issued."""
    chosen = select(Certificate).join(Order, Certificate.order_id == Order.id)
    return act.db.scalars(
        chosen.where(
            Order.account_id == account.id,
            Certificate.key_fingerprint == fingerprint,
            Certificate.pem.is_not(None),
        )
    ).one_or_none()


def withdraw(act: Act, order: Order) -> None:
    """An order ended without its certificate being stored: revoke it, or forget the intent."""
    row = of_order(act, order)
    if row is None:
        return
    if row.state == "intended":
        abandon(act, row)
    elif standing.state(act, row) != "expired":
        standing.revoke(act, row, "cessationOfOperation")


def _refuse_known_key(act: Act, request: CheckedRequest) -> None:
    fingerprint = request.spki_sha256
    certified = select(Certificate.serial).where(
        Certificate.key_fingerprint == fingerprint, Certificate.state != "abandoned"
    )
    card_key = select(Card.id).where(Card.key_fingerprint == fingerprint)
    if act.db.execute(certified.union_all(card_key)).first():
        raise Problem(Code.REQUEST_REFUSED, reason="reused")


def _record_intent(act: Act, place: Place, request: CheckedRequest) -> Certificate:
    start = act.now - BACKDATED
    intent = Certificate(
        serial=f"{act.ra.authority.new_serial():x}",
        profile=place.profile,
        state="intended",
        card_id=place.card_id,
        order_id=place.order_id,
        key_fingerprint=request.spki_sha256,
        public_key=request.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        not_before=start,
        not_after=min(_years_later(start, place.years), act.ra.authority.chain[0].not_valid_after_utc),
    )
    act.db.add(intent)
    act.db.flush()
    act.record("certificate.intended", intent.serial, card=place.card_id, key=intent.key_fingerprint)
    return intent


def abandon(act: Act, row: Certificate) -> None:
    """Give up an intent; its serial is never used."""
    row.state = "abandoned"
    act.db.flush()  # the unique index allows one live certificate per place
    act.record("certificate.abandoned", row.serial)


def _years_later(start: datetime, years: int) -> datetime:
    """The same day (1 March for 29 February); one second less, because both ends are included."""
    try:
        end = start.replace(year=start.year + years)
    except ValueError:
        end = start.replace(year=start.year + years, month=3, day=1)
    return end - timedelta(seconds=1)
