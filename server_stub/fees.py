"""What an order costs, and what becomes of the money: decisions of the RA alone, each in the transaction of its cause.

What the bank has to do about a decision follows outside any transaction (``server_stub/debits.py``). So the RA may die
anywhere: what was decided is there, and that the bank does not know it yet is written beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select

from server_stub.db.models import Debit, Order
from server_stub.policy.unit import Fee
from server_stub.ra import Act

_SHOWN_DIGITS: Final = 3


class State(StrEnum):
    """intended: the bank is about to be asked; uncertain: it did not answer; credit: for the customer's next order."""

    INTENDED = "intended"
    UNCERTAIN = "uncertain"
    RESERVED = "reserved"
    CAPTURED = "captured"
    RELEASED = "released"
    CREDIT = "credit"
    REFUSED = "refused"


WAYS: Final[Mapping[State, frozenset[State]]] = {
    State.INTENDED: frozenset({State.UNCERTAIN, State.RESERVED, State.REFUSED, State.RELEASED}),
    State.UNCERTAIN: frozenset({State.RESERVED, State.REFUSED, State.RELEASED}),
    State.RESERVED: frozenset({State.CAPTURED, State.RELEASED, State.CREDIT}),
    State.CREDIT: frozenset({State.RESERVED, State.RELEASED}),
    State.CAPTURED: frozenset({State.REFUSED}),  # the bank would not do it, whatever it said before
    State.RELEASED: frozenset({State.REFUSED}),
    State.REFUSED: frozenset(),
}
OPEN: Final = (State.INTENDED, State.UNCERTAIN)
COUNTING: Final = (*OPEN, State.RESERVED, State.CAPTURED)
_FOR_THE_BANK: Final = (*OPEN, State.CAPTURED, State.RELEASED, State.REFUSED)


def rule(act: Act, order: Order) -> Fee | None:
    """What the order costs; None for nothing."""
    policy = act.ra.policies.get(order.unit)
    fee = policy.unit.fee if policy else None
    return fee if fee is not None and order.kind in fee.kinds else None


def counting(act: Act, order: Order) -> Debit | None:
    """The one debit by which the order is paid, or may be."""
    chosen = select(Debit).where(Debit.order_id == order.id, Debit.state.in_(COUNTING))
    return act.db.scalars(chosen).one_or_none()


def newest(act: Act, order: Order) -> Debit | None:
    """The debit that counts, else what came of the last one."""
    chosen = select(Debit).where(Debit.order_id == order.id)
    chosen = chosen.order_by(Debit.touched_at.desc(), Debit.reference.desc()).limit(1)
    return counting(act, order) or act.db.scalars(chosen).first()


def intend(act: Act, order: Order, fee: Fee, kind: str, number: str) -> Debit:
    """A new debit, to be committed before the bank hears of it.

    The reference counts the order's debits instead of being random: after a restore the same order asks under the
    same reference again, and the bank knows whether it has reserved already.
    """
    made = act.db.scalar(select(func.count()).where(Debit.order_id == order.id)) or 0
    reference = f"{order.id}-{made + 1:03}"
    row = Debit(
        reference=reference,
        order_id=order.id,
        account_id=order.account_id,
        state=State.INTENDED,
        is_pending=True,
        amount=fee.amount,
        currency=fee.currency,
        kind=kind,
        masked=_masked(number),
        sealed_number=act.ra.master.seal(_purpose(reference), number.encode()),
        created_at=act.now,
        touched_at=act.now,
    )
    act.db.add(row)
    act.record("debit.intended", reference, amount=fee.amount, account=row.masked)
    return row


def number_of(act: Act, row: Debit) -> str:
    """The bank account's number; empty once it is not needed any more."""
    sealed = row.sealed_number
    return act.ra.master.open_sealed(_purpose(row.reference), sealed).decode() if sealed else ""


def use_credit(act: Act, order: Order) -> Debit | None:
    """Pay with what an earlier order of the same account left, if it is the same amount."""
    fee = rule(act, order)
    if fee is None:
        return None
    chosen = select(Debit).where(Debit.account_id == order.account_id, Debit.state == State.CREDIT)
    chosen = chosen.where(Debit.amount == fee.amount, Debit.currency == fee.currency)
    row = act.db.scalars(chosen.where(Debit.deadline > act.now).order_by(Debit.deadline).limit(1)).first()
    if row is None:
        return None
    act.record("debit.credit-used", row.reference, order=order.id, before=row.order_id)
    row.order_id = order.id
    change(act, row, State.RESERVED)
    return row


def capture(act: Act, order: Order) -> None:
    """The order has its certificate: what is reserved is taken."""
    if rule(act, order) is None:  # what a changed unit file left reserved, housekeeping finds
        return
    row = counting(act, order)
    if row is not None and row.state == State.RESERVED:
        change(act, row, State.CAPTURED)


def abandon(act: Act, order: Order) -> None:
    """The order ends without a certificate: nothing stays reserved for it, except as credit.

    What the bank has not confirmed is never credit.
    """
    row = counting(act, order)
    if row is None or row.state == State.CAPTURED:
        return
    fee = rule(act, order)
    if row.state == State.RESERVED and fee is not None and fee.credit_days is not None:
        row.deadline = act.now + timedelta(days=fee.credit_days)
        change(act, row, State.CREDIT)
    else:
        change(act, row, State.RELEASED)


def change(act: Act, row: Debit, to: State, reason: str | None = None) -> None:
    """Decide. The bank is told afterwards, where it has to be; the account's number goes as soon as it may.

    What it refused to set aside it is told as well: an earlier request for the same may be on its way still.
    """
    assert to in WAYS[State(row.state)]
    act.record(f"debit.{to}", row.reference, before=row.state, account=row.masked, reason=reason)
    row.is_pending = to in _FOR_THE_BANK and (to != State.REFUSED or row.state in OPEN)
    row.state, row.reason, row.touched_at = to, reason, act.now
    if to not in OPEN:
        row.sealed_number = None
    if to != State.CREDIT:
        row.deadline = None
    act.db.flush()  # the unique index allows one that counts per order


def _masked(number: str) -> str:
    return "*" * (len(number) - _SHOWN_DIGITS) + number[-_SHOWN_DIGITS:]


def _purpose(reference: str) -> str:
    return f"debit:{reference}"
