"""From a request to exactly one certificate.

The intent (place, key, serial, validity) is committed before the CA signs, the certificate after. When the
RA dies between the two, the next request takes the intent up again under the same serial: what was signed
before never left the house. A different key then replaces the intent, since the card may have had to make
its key anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm.attributes import set_committed_value

from server_stub import audit, standing
from server_stub.ca.attestation import ATTESTED, NOT_PROVEN, Attested
from server_stub.ca.requests import CheckedRequest, RefusedRequest, examine_csr
from server_stub.db.models import Account, Card, Certificate, Order
from server_stub.problems import Code, Problem
from server_stub.ra import Act, Ra

BACKDATED = timedelta(minutes=5)  # clients' clocks lag a little
LIVE: Final = frozenset({"intended", "valid", "on-hold"})
# Statements that each enrolment needs are made once: to make one takes longer than to ask it.
_LIVE = select(Certificate).where(Certificate.state.in_(LIVE))
_LIVE_OF_ORDER = _LIVE.where(Certificate.order_id == bindparam("order_id"))
_LIVE_OF_CARD = _LIVE.where(
    Certificate.order_id.is_(None),
    Certificate.card_id == bindparam("card_id"),
    Certificate.profile == bindparam("profile"),
)
_KNOWN_KEY = (
    select(Certificate.serial)
    .where(Certificate.key_fingerprint == bindparam("key"), Certificate.state != "abandoned")
    .union_all(select(Card.id).where(Card.key_fingerprint == bindparam("key")))
)
_KEEP = (
    update(Certificate)
    .where(Certificate.serial == bindparam("intent"), Certificate.state == "intended")
    .values(state="valid", pem=bindparam("signed"))
)


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
    """Raises Problem REQUEST_REFUSED. Costs up to some milliseconds: not inside a write transaction."""
    return require(examine(csr), key_algorithm)


def examine(csr: str) -> CheckedRequest | RefusedRequest:
    """The first half of ``check``, before it is known who asks; what is wrong is told by the second, ``require``."""
    try:
        return examine_csr(csr)
    except RefusedRequest as error:
        return error


def require(examined: CheckedRequest | RefusedRequest, key_algorithm: str) -> CheckedRequest:
    """Raises Problem REQUEST_REFUSED."""
    try:
        if isinstance(examined, RefusedRequest):
            raise examined
        examined.require(key_algorithm)
    except RefusedRequest as error:
        raise Problem(Code.REQUEST_REFUSED, reason=error.reason) from error
    return examined


def intend(act: Act, place: Place, request: CheckedRequest, attested: Attested | None = None) -> Certificate:
    """The place's certificate record for this key: the existing one, or a new intent with a serial.

    ``attested``: what the card said of this key, verified.

    Raises Problem REQUEST_REFUSED (reused) for a key known otherwise, CONFLICT when the place has a
    certificate for another key already.
    """
    current = live(act, place)
    if current is not None and current.key_fingerprint == request.spki_sha256:
        _prove_later(act, current, attested)
        return current
    if current is not None and current.state != "intended":
        raise Problem(Code.CONFLICT, state="issued")
    _refuse_known_key(act, request)
    if current is not None:
        abandon(act, current)
    return _record_intent(act, place, request, attested)


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


def keep(act: Act, row: Certificate, certificate: x509.Certificate) -> bool:
    """Record the signed certificate. False when another request was faster: then theirs is the one.

    Raises Problem CONFLICT when the intent was given up meanwhile.
    """
    pem = certificate.public_bytes(Encoding.PEM).decode()
    if not act.db.connection().execute(_KEEP, {"intent": row.serial, "signed": pem}).rowcount:
        act.db.refresh(row)
        if row.state == "abandoned":
            raise Problem(Code.CONFLICT, state="cancelled")
        return False
    set_committed_value(row, "state", "valid")
    set_committed_value(row, "pem", pem)
    act.record("certificate.issued", row.serial, card=row.card_id, key=row.key_fingerprint)
    return True


def live(act: Act, place: Place) -> Certificate | None:
    """The one certificate of a place that counts: intended, valid or on hold."""
    if place.order_id is not None:
        return _of_order(act, place.order_id)
    chosen = {"card_id": place.card_id, "profile": place.profile}
    return act.db.scalars(_LIVE_OF_CARD, chosen).one_or_none()


def of_order(act: Act, order: Order) -> Certificate | None:
    """The one certificate of an order that counts."""
    return _of_order(act, order.id)


def _of_order(act: Act, order_id: str) -> Certificate | None:
    return act.db.scalars(_LIVE_OF_ORDER, {"order_id": order_id}).one_or_none()


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
    if act.db.execute(_KNOWN_KEY, {"key": request.spki_sha256}).first():
        raise Problem(Code.REQUEST_REFUSED, reason="reused")


def _record_intent(act: Act, place: Place, request: CheckedRequest, attested: Attested | None) -> Certificate:
    start = act.now - BACKDATED
    intent = Certificate(
        serial=f"{act.ra.authority.new_serial():x}",
        profile=place.profile,
        state="intended",
        card_id=place.card_id,
        order_id=place.order_id,
        key_fingerprint=request.spki_sha256,
        public_key=request.spki,
        not_before=start,
        not_after=min(_years_later(start, place.years), act.ra.authority.chain[0].not_valid_after_utc),
        key_origin=ATTESTED if attested else NOT_PROVEN,
    )
    act.db.add(intent)
    act.db.flush()
    act.record(
        "certificate.intended",
        intent.serial,
        card=place.card_id,
        key=intent.key_fingerprint,
        **_told_by(attested),
    )
    return intent


def _prove_later(act: Act, row: Certificate, attested: Attested | None) -> None:
    """The same request again may prove what the first one did not."""
    if attested is not None and row.key_origin != ATTESTED:
        row.key_origin = ATTESTED
        act.record("certificate.key-attested", row.serial, card=row.card_id, **_told_by(attested))


def _told_by(attested: Attested | None) -> dict[str, audit.Detail]:
    """What the audit log keeps of an attestation."""
    if attested is None:
        return {"key_origin": NOT_PROVEN}
    return {"key_origin": ATTESTED, "vendor_serial": attested.serial, "firmware": attested.firmware}


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
