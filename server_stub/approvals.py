"""Two officers for what restores a card secret: one requests by form, another confirms, both within a time.

Approved today is the PIN reset at the counter. Nobody confirms a request of their own.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import select

from server_stub import tries
from server_stub.db.models import Account, Approval, Card, Officer
from server_stub.problems import Code, Problem
from server_stub.ra import Act

REQUEST_LIFETIME: Final = timedelta(hours=24)
APPROVAL_LIFETIME: Final = timedelta(hours=24)
PIN_RESET: Final = "pin-reset"
_MOST: Final = 200


class State(StrEnum):
    """``expired`` is never written: the clock says it."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    EXPIRED = "expired"


_COUNTING: Final = (State.REQUESTED, State.CONFIRMED)


def request(act: Act, officer: Officer, kind: str, card_id: str, form: str) -> Approval:
    """Raises Problem NOT_FOUND, CONFLICT (suspended; or what there is for this card already)."""
    card = act.db.get(Card, card_id, with_for_update=True)
    if card is None or card.status != "active":
        raise Problem(Code.NOT_FOUND)
    _refuse_suspended(act, card)
    existing = _counting(act, card_id, kind)
    if existing is not None:
        raise Problem(Code.CONFLICT, state=existing.state)
    approval = Approval(
        id=secrets.token_hex(16),
        kind=kind,
        card_id=card_id,
        form=form,
        state=State.REQUESTED,
        requested_by=officer.name,
        decided_by=None,
        expires_at=act.now + REQUEST_LIFETIME,
    )
    act.db.add(approval)
    act.record("approval.requested", approval.id, kind=kind, card=card_id, form=form)
    return approval


def confirm(act: Act, officer: Officer, approval_id: str) -> Approval:
    """Raises Problem NOT_FOUND, NOT_ALLOWED (one's own), CONFLICT (decided, expired, or suspended meanwhile)."""
    approval = _requested(act, approval_id)
    if approval.requested_by == officer.name:
        raise Problem(Code.NOT_ALLOWED)
    _refuse_suspended(act, act.db.get_one(Card, approval.card_id))
    _decide(act, officer, approval, State.CONFIRMED)
    approval.expires_at = act.now + APPROVAL_LIFETIME
    return approval


def refuse(act: Act, officer: Officer, approval_id: str) -> Approval:
    """The requester may, too: then it is withdrawn. Raises Problem NOT_FOUND, CONFLICT."""
    approval = _requested(act, approval_id)
    _decide(act, officer, approval, State.REFUSED)
    return approval


def counting(act: Act) -> list[Approval]:
    """Requested and confirmed ones that have not expired, those that expire first before others."""
    chosen = select(Approval).where(Approval.state.in_(_COUNTING), Approval.expires_at > act.now)
    return list(act.db.scalars(chosen.order_by(Approval.expires_at, Approval.id).limit(_MOST)))


def confirmed_until(act: Act, card: Card, kind: str) -> datetime | None:
    """Until when the card's owner may do it; None without a confirmed approval, or while suspended."""
    approval = _counting(act, card.id, kind)
    if approval is None or approval.state != State.CONFIRMED or _is_suspended(act, card):
        return None
    return approval.expires_at


def state_at(approval: Approval, now: datetime) -> State:
    is_over = approval.state in _COUNTING and approval.expires_at <= now
    return State.EXPIRED if is_over else State(approval.state)


def _counting(act: Act, card_id: str, kind: str) -> Approval | None:
    chosen = select(Approval).where(Approval.card_id == card_id, Approval.kind == kind)
    chosen = chosen.where(Approval.state.in_(_COUNTING), Approval.expires_at > act.now)
    return act.db.scalars(chosen).first()


def _requested(act: Act, approval_id: str) -> Approval:
    approval = act.db.get(Approval, approval_id, with_for_update=True)
    if approval is None:
        raise Problem(Code.NOT_FOUND)
    state = state_at(approval, act.now)
    if state != State.REQUESTED:
        raise Problem(Code.CONFLICT, state=state)
    return approval


def _decide(act: Act, officer: Officer, approval: Approval, to: State) -> None:
    approval.state, approval.decided_by = to, officer.name
    act.record(f"approval.{to}", approval.id, kind=approval.kind, card=approval.card_id, form=approval.form)


def _refuse_suspended(act: Act, card: Card) -> None:
    if _is_suspended(act, card):
        raise Problem(Code.CONFLICT, state="suspended")


def _is_suspended(act: Act, card: Card) -> bool:
    account = act.db.get_one(Account, card.account_id)
    return tries.is_suspended(act, account.unit, account.name)
