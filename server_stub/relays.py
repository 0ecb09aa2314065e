"""The admin relay: a card and the RA authenticate each other through the client, who learns no key.

One relay per card at a time, for 60 seconds, each step once. Its state is in the database, the challenge
sealed.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import update

from server_stub import cards, orders
from server_stub.custody.relay import AdminRelay, RelayRefused
from server_stub.db.models import Account, Card, Order, Relay
from server_stub.orders import State
from server_stub.problems import Code, Problem
from server_stub.ra import Act

LIFETIME = timedelta(seconds=60)


def begin(act: Act, order: Order, verification_id: str) -> Relay:
    """A fresh relay for the order's card; every other one of that card is void.

    An issued order may have one too: its certificate still has to be written. Raises Problem CONFLICT,
    CARD_NOT_VERIFIED.
    """
    orders.require(act, order, *orders.WAITING, State.AUTHORISED, State.ISSUED)
    orders.require_paid(act, order)
    if order.card_id is None:
        raise Problem(Code.CONFLICT, state="no-card")
    cards.spend(act, order.card_id, verification_id, order.kind)
    act.db.execute(update(Relay).where(Relay.card_id == order.card_id).values(state="void"))
    relay = Relay(
        id=secrets.token_hex(16),
        order_id=order.id,
        card_id=order.card_id,
        state="open",
        expires_at=act.now + LIFETIME,
    )
    act.db.add(relay)
    act.record("relay.opened", relay.id, order=order.id, card=order.card_id)
    return relay


def answer_witness(act: Act, account: Account, relay_id: str, encrypted: bytes) -> tuple[bytes, bytes]:
    """The decrypted witness and our challenge. Raises Problem NOT_FOUND, RELAY_VOID, MALFORMED."""
    relay, _ = _live(act, account, relay_id, "open")
    admin = AdminRelay(*_admin_key(act, relay))
    try:
        witness, challenge = admin.answer_witness(encrypted)
    except RelayRefused as error:
        raise Problem(Code.MALFORMED, field="witness") from error
    relay.state = "witnessed"
    relay.sealed_challenge = act.ra.master.seal(_purpose(relay), admin.export())
    act.record("relay.witnessed", relay.id)
    return witness, challenge


def check_response(act: Act, account: Account, relay_id: str, response: bytes) -> Order:
    """The order, authorised. Raises Problem NOT_FOUND, RELAY_VOID, CARD_NOT_VERIFIED; the relay is over."""
    relay, order = _live(act, account, relay_id, "witnessed")
    challenge = act.ra.master.open_sealed(_purpose(relay), relay.sealed_challenge or b"")
    relay.state, relay.sealed_challenge = "done", None
    if not AdminRelay.restore(*_admin_key(act, relay), challenge).check(response):
        act.record("relay.refused", relay.id)
        raise Problem(Code.CARD_NOT_VERIFIED, keep=True)
    act.record("relay.done", relay.id)
    orders.require(act, order, *orders.WAITING, State.AUTHORISED, State.ISSUED)
    if order.state in orders.WAITING:
        orders.move(act, order, State.AUTHORISED)
    return order


def order_of(act: Act, account: Account, relay_id: str) -> Order:
    """The order a relay belongs to. Raises Problem NOT_FOUND, for a foreign one as for none."""
    relay = act.db.get(Relay, relay_id)
    if relay is None:
        raise Problem(Code.NOT_FOUND)
    return orders.find(act, account, relay.order_id)


def algorithm(act: Act, relay: Relay) -> str:
    """Of the card's admin key."""
    return act.db.get_one(Card, relay.card_id).admin_algorithm


def _live(act: Act, account: Account, relay_id: str, state: str) -> tuple[Relay, Order]:
    order = order_of(act, account, relay_id)
    relay = act.db.get_one(Relay, relay_id)
    if relay.state != state or relay.expires_at <= act.now:
        raise Problem(Code.RELAY_VOID)
    return relay, order


def _admin_key(act: Act, relay: Relay) -> tuple[str, bytes]:
    card = act.db.get_one(Card, relay.card_id)
    key = act.ra.master.admin_key(card.master_version, card.id, card.admin_algorithm)
    return card.admin_algorithm, key


def _purpose(relay: Relay) -> str:
    return f"relay:{relay.id}"
