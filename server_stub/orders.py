"""Orders: what a customer asked for and how far it has come. The states and their ways are data."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from server_stub import codes, fees, issuing
from server_stub.db.models import Account, Card, Order
from server_stub.policy.unit import CardPolicy, Unit
from server_stub.problems import Code, Problem
from server_stub.ra import Act


class State(StrEnum):
    CREATED = "created"
    RESERVED = "reserved"
    AUTHORISED = "authorised"
    ISSUED = "issued"
    STORED = "stored"
    ACTIVATED = "activated"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


# reserved: a fee is set aside. An issued order has no deadline: its certificate may be on the card already.
WAYS: Mapping[State, frozenset[State]] = {
    State.CREATED: frozenset(
        {State.RESERVED, State.AUTHORISED, State.REJECTED, State.CANCELLED, State.EXPIRED}
    ),
    State.RESERVED: frozenset({State.AUTHORISED, State.REJECTED, State.CANCELLED, State.EXPIRED}),
    State.AUTHORISED: frozenset({State.ISSUED, State.CANCELLED, State.EXPIRED}),
    State.ISSUED: frozenset({State.STORED, State.CANCELLED}),
    State.STORED: frozenset({State.ACTIVATED}),
    State.ACTIVATED: frozenset(),
    State.REJECTED: frozenset(),
    State.CANCELLED: frozenset(),
    State.EXPIRED: frozenset(),
}
WAITING = frozenset({State.CREATED, State.RESERVED})
"""For an authorisation."""
OPEN = frozenset({State.CREATED, State.RESERVED, State.AUTHORISED, State.ISSUED})
IN_VAIN = frozenset({State.REJECTED, State.CANCELLED, State.EXPIRED})


@dataclass(frozen=True)
class Wish:
    """What the customer asks for, with the terms that were read and accepted. ``code``: from the counter's slip."""

    kind: str
    terms_version: str
    terms_sha256: str
    code: str | None = None


def create(act: Act, account: Account, card: Card | None, wish: Wish) -> tuple[Order, bool]:
    """A new order, or the open one of the card (of the account, for a file); the flag says which (True: new).

    For a key in a file the sign-in is all the authorisation there is. Raises Problem NOT_APPROVED, TERMS_CHANGED,
    NOT_ALLOWED, CODE_WRONG, MALFORMED (code).
    """
    existing = _open_order(act, account, card)
    if existing is not None:
        return existing, False
    policy = act.ra.policy(account.unit)
    if account.registration != "approved":
        raise Problem(Code.NOT_APPROVED, state=account.registration)
    if not policy.accepts_terms(wish.terms_version, wish.terms_sha256):
        raise Problem(Code.TERMS_CHANGED)
    order = _new_order(act, account, card, wish)
    if policy.unit.issuing.enrolment_code:
        _use_code(act, account, wish.code)
    _begin(act, order)
    authorise_file(act, order)
    return order, True


def _use_code(act: Act, account: Account, code: str | None) -> None:
    if code is None:
        raise Problem(Code.MALFORMED, field="code")
    codes.use(act, account, code)


def create_successor(act: Act, of: Order, serial: str, wish: Wish | None = None) -> Order:
    """The order to renew certificate ``serial`` of order ``of``: the one that is there, or a new one.

    Without a ``wish``, the terms of before go on. Raises Problem CONFLICT while another order is open there.
    """
    existing = successor(act, serial)
    if existing is not None:
        return existing
    card = act.db.get(Card, of.card_id) if of.card_id else None
    if _open_order(act, of.account, card) is not None:
        raise Problem(Code.CONFLICT, keep=True, state="another-order")
    wish = wish or Wish("renew", of.terms_version, of.terms_sha256)
    order = _new_order(act, of.account, card, wish)
    order.renews = serial
    return _begin(act, order)


def successor(act: Act, serial: str) -> Order | None:
    """The order that renews certificate ``serial``, unless it was in vain."""
    chosen = select(Order).where(Order.renews == serial, Order.state.not_in(IN_VAIN))
    existing = act.db.scalars(chosen).one_or_none()
    if existing is None:
        return None
    settle(act, existing)
    act.db.flush()  # the unique index must see an expired one leave before a new one comes
    return None if existing.state in IN_VAIN else existing


def _begin(act: Act, order: Order) -> Order:
    act.db.add(order)
    act.db.flush()
    act.record("order.created", order.id, card=order.card_id, terms=order.terms_version, renews=order.renews)
    if fees.use_credit(act, order):
        pay(act, order)
    return order


def find(act: Act, account: Account, order_id: str) -> Order:
    """The customer's own order. Raises Problem NOT_FOUND, for a foreign one as for none."""
    order = act.db.get(Order, order_id)
    if order is None or order.account_id != account.id:
        raise Problem(Code.NOT_FOUND)
    return order


def of_account(act: Act, account: Account, card_id: str | None, *, only_open: bool) -> list[Order]:
    """Newest first."""
    chosen = select(Order).where(Order.account_id == account.id)
    if card_id is not None:
        chosen = chosen.where(Order.card_id == card_id)
    found = act.db.scalars(chosen.order_by(Order.created_at.desc(), Order.id))
    return [order for order in found if not only_open or state_at(order, act.now) in OPEN]


def state_at(order: Order, now: datetime) -> State:
    """The state as anyone may see it: expired past the deadline, even before that is written down."""
    state = State(order.state)
    return State.EXPIRED if State.EXPIRED in WAYS[state] and order.deadline <= now else state


def move(act: Act, order: Order, to: State) -> None:
    """Go one step. Raises Problem CONFLICT where no way leads from here, or the fee is not set aside (fee-due)."""
    settle(act, order)
    if to == State.AUTHORISED:
        require_paid(act, order)
    if to not in WAYS[State(order.state)]:
        raise Problem(Code.CONFLICT, keep=True, state=order.state)
    act.record(f"order.{to}", order.id, before=order.state)
    order.state = to


def owes(act: Act, order: Order) -> bool:
    """Whether a fee has to be set aside before the order goes on."""
    return order.state == State.CREATED and fees.rule(act, order) is not None


def require_paid(act: Act, order: Order) -> None:
    """Raises Problem CONFLICT (fee-due)."""
    if owes(act, order):
        raise Problem(Code.CONFLICT, keep=True, state="fee-due")


def pay(act: Act, order: Order) -> None:
    """The fee is set aside: the order goes on, unless it has ended meanwhile."""
    settle(act, order)
    if order.state == State.CREATED:
        move(act, order, State.RESERVED)
        authorise_file(act, order)


def authorise_file(act: Act, order: Order) -> None:
    """For a key in a file the sign-in is all the authorisation there is, once a fee is set aside."""
    if order.card_id is None and order.state in WAITING and not owes(act, order):
        move(act, order, State.AUTHORISED)


def settle(act: Act, order: Order) -> None:
    """Write down that the deadline has passed, if it has."""
    if state_at(order, act.now) == State.EXPIRED != order.state:
        act.record("order.expired", order.id, before=order.state)
        order.state = State.EXPIRED
        _give_up(act, order)


def require(act: Act, order: Order, *states: State) -> None:
    """Raises Problem CONFLICT unless the order is in one of ``states`` now."""
    settle(act, order)
    if order.state not in states:
        raise Problem(Code.CONFLICT, keep=True, state=order.state)


def awaits_activation(act: Act, order: Order) -> bool:
    """Whether the order's certificate is on hold until its holder activates it. Successors need no activation."""
    wanted = order.kind == "apply" and act.ra.policy(order.unit).unit.issuing.activation
    return wanted and order.state != State.ACTIVATED


def cancel(act: Act, order: Order) -> None:
    """End an open order; a certificate that was issued but never stored is revoked. Again is no error."""
    if order.state == State.CANCELLED:
        return
    move(act, order, State.CANCELLED)
    _give_up(act, order)


def _give_up(act: Act, order: Order) -> None:
    issuing.withdraw(act, order)
    fees.abandon(act, order)


def _open_order(act: Act, account: Account, card: Card | None) -> Order | None:
    chosen = select(Order).where(Order.state.in_(OPEN))
    if card is not None:
        chosen = chosen.where(Order.card_id == card.id)
    else:
        chosen = chosen.where(Order.card_id.is_(None), Order.account_id == account.id)
    for order in act.db.scalars(chosen):
        settle(act, order)
        if order.state in OPEN:
            return order
    act.db.flush()  # the unique index must see the expired one leave before a new one comes
    return None


def _new_order(act: Act, account: Account, card: Card | None, wish: Wish) -> Order:
    unit = act.ra.policy(account.unit).unit
    carrier = unit.file if card is None else unit.card
    if carrier is None:
        raise Problem(Code.NOT_ALLOWED)
    return Order(
        id=secrets.token_hex(16),
        kind=wish.kind,
        state=State.CREATED,
        unit=unit.id,
        account_id=account.id,
        account=account,
        card_id=card.id if card else None,
        slot_hint=carrier.slots[0] if isinstance(carrier, CardPolicy) else "",
        key_algorithm=carrier.key_algorithm,
        subject=act.ra.authority.certified_subject(
            subject_name(unit, account.customer.identifier)
        ).rfc4514_string(),
        terms_version=wish.terms_version,
        terms_sha256=wish.terms_sha256,
        created_at=act.now,
        deadline=act.now + timedelta(days=unit.order_days),
    )


def subject_name(unit: Unit, common_name: str) -> x509.Name:
    """What stands in the unit's certificates: country, organisation, and a common name."""
    parts = (
        (NameOID.COUNTRY_NAME, unit.subject.country),
        (NameOID.ORGANIZATION_NAME, unit.subject.organisation),
        (NameOID.COMMON_NAME, common_name),
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])
