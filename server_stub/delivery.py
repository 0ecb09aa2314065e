"""What comes after the certificate: its activation, and having it once more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from server_stub import enrolment, issuing, orders, standing
from server_stub.db.models import Order
from server_stub.orders import State
from server_stub.problems import Code, Problem
from server_stub.ra import Act

OPENED_FOR: Final = timedelta(hours=24)
_DELIVERED = (State.STORED, State.ACTIVATED)


def activate(act: Act, order: Order, statement: bytes, signature: bytes) -> None:
    """Take a new certificate off hold; its key signs, so this is where it was applied for. Again is no error.

    Raises Problem CONFLICT, CARD_NOT_VERIFIED.
    """
    orders.require(act, order, *_DELIVERED)
    row = enrolment.prove_key(act, order, "activation", statement, signature)
    if order.state == State.ACTIVATED:
        return
    if not orders.awaits_activation(act, order):
        raise Problem(Code.CONFLICT, state=order.state)
    standing.resume(act, row, "activation")
    orders.move(act, order, State.ACTIVATED)


def download(act: Act, order: Order) -> None:
    """Record that the customer has the certificate again. Raises Problem CONFLICT, NOT_ALLOWED."""
    orders.require(act, order, State.ISSUED, *_DELIVERED)
    if not is_shown(act, order):
        raise Problem(Code.NOT_ALLOWED)
    row = issuing.of_order(act, order)
    if row is None or standing.state(act, row) == "expired":
        raise Problem(Code.CONFLICT, state="expired" if row else "revoked")
    act.record("certificate.downloaded", row.serial, order=order.id)


def open_download(act: Act, order: Order, form: str) -> datetime:
    """Staff let the customer have it again; until when.

    Raises Problem NOT_ALLOWED where the unit leaves that to its customers, CONFLICT before it was delivered.
    """
    if act.ra.policy(order.unit).unit.issuing.redownload != "staff":
        raise Problem(Code.NOT_ALLOWED)
    orders.require(act, order, *_DELIVERED)
    order.download_until = act.now + OPENED_FOR
    act.record("order.download-opened", order.id, form=form)
    return order.download_until


def is_shown(act: Act, order: Order) -> bool:
    """Whether the customer may see the certificate itself: the first time always, later as the unit says."""
    if order.state not in _DELIVERED or act.ra.policy(order.unit).unit.issuing.redownload == "user":
        return True
    return order.download_until is not None and order.download_until > act.now
