"""Whether a certificate counts: suspended, resumed, revoked, and told to whoever asks (RFC 5280 section 5.3.1)."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import select

from server_stub.ca.authority import RevokedEntry
from server_stub.ca.responder import Standing
from server_stub.db.models import Account, Certificate, Meta, Order
from server_stub.problems import Code, Problem
from server_stub.ra import Act

HOLD = "certificateHold"
VERSION = "standing-version"
# RFC 5280 section 3.3: an entry stays until it was in one list beyond the certificate's end.
_LISTED_AFTER_END = timedelta(days=2)


def suspend(act: Act, row: Certificate, form: str = "") -> None:
    """Put on hold. ``form``: the paper it rests on. Raises Problem CONFLICT unless valid now."""
    _require(act, row, "valid")
    _change(act, row, "on-hold", HOLD)
    act.record("certificate.suspended", row.serial, form=form)


def resume(act: Act, row: Certificate, form: str) -> None:
    """Take off hold. Raises Problem CONFLICT unless on hold and not expired."""
    _require(act, row, "on-hold")
    _change(act, row, "valid", None)
    act.record("certificate.resumed", row.serial, form=form)


def revoke(act: Act, row: Certificate, reason: str, form: str = "") -> None:
    """For ever. ``reason`` in the words of RFC 5280. Raises Problem CONFLICT unless valid or on hold."""
    _require(act, row, "valid", "on-hold")
    _change(act, row, "revoked", reason)
    act.record("certificate.revoked", row.serial, reason=reason, form=form)


def state(act: Act, row: Certificate) -> str:
    """As people see it: what was not revoked expires."""
    return "expired" if row.state != "revoked" and row.not_after < act.now else row.state


def find(act: Act, serial: str, account: Account | None = None) -> tuple[Certificate, Order]:
    """A customer's certificate (of ``account`` only, if given) with its order.

    Raises Problem NOT_FOUND, for a foreign one as for none.
    """
    chosen = select(Certificate, Order).join(Order, Certificate.order_id == Order.id)
    chosen = chosen.where(Certificate.serial == serial, Certificate.pem.is_not(None))
    found = act.db.execute(chosen).one_or_none()
    if found is None or account not in {None, found.Order.account}:
        raise Problem(Code.NOT_FOUND)
    return found.Certificate, found.Order


def look_up(act: Act, serial: int) -> Standing | None:
    """None for a number under which nothing left the house."""
    columns = select(Certificate.state, Certificate.revoked_at, Certificate.reason)
    found = act.db.execute(columns.where(Certificate.serial == f"{serial:x}")).one_or_none()
    if found is None or found.state in {"intended", "abandoned"}:
        return None
    return Standing(found.revoked_at, found.reason)


def entries(act: Act) -> list[RevokedEntry]:
    """What a revocation list of now holds."""
    columns = select(Certificate.serial, Certificate.revoked_at, Certificate.reason)
    chosen = columns.where(
        Certificate.revoked_at.is_not(None), Certificate.not_after > act.now - _LISTED_AFTER_END
    )
    return [
        RevokedEntry(int(serial, 16), since, reason or "unspecified")
        for serial, since, reason in act.db.execute(chosen)
        if since
    ]


def version(act: Act) -> str:
    """Another one after every change of any certificate's standing."""
    row = act.db.get(Meta, VERSION)
    return row.value if row else ""


def _require(act: Act, row: Certificate, *states: str) -> None:
    current = state(act, row)
    if current not in states:
        raise Problem(Code.CONFLICT, state=current)


def _change(act: Act, row: Certificate, to: str, reason: str | None) -> None:
    row.state, row.reason = to, reason
    row.revoked_at = act.now if reason else None
    act.db.merge(Meta(key=VERSION, value=secrets.token_hex(8)))
