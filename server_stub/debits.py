"""The RA and the bank: each question is committed before it is put, put outside any transaction, and put again
until there is an answer. The bank knows our references, so that a question asked twice does nothing more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

from sqlalchemy import Row, Select, and_, or_, select

from server_stub import fees, limits, orders, sessions
from server_stub.bank import Bank, BankAccount, BankRefused, BankUnreachable, Held, Money
from server_stub.db.models import Debit, Order
from server_stub.fees import State
from server_stub.problems import Code, Problem
from server_stub.ra import Act, Ra

_AUTHOR: Final = "bank"
_UNDER_WAY: Final = timedelta(seconds=10)  # no request lives longer
_ASKED_AGAIN_AFTER: Final = timedelta(seconds=60)
_MOST_AT_ONCE: Final = 100
_MOST_ROUNDS: Final = 6
_ISSUED: Final = (orders.State.ISSUED, orders.State.STORED, orders.State.ACTIVATED)
_UNISSUED: Final = (orders.State.CREATED, orders.State.RESERVED, orders.State.AUTHORISED)


def intend(act: Act, order: Order, kind: str, number: str) -> Debit:
    """What the bank is to be asked next, for this bank account to pay for the order.

    Another account that the bank did not confirm is released first; one it is being asked about goes on. Raises
    Problem CONFLICT (no-fee, or the order's state), FEE_REFUSED (kind), BUSY.
    """
    orders.settle(act, order)
    unheard = act.db.scalars(_unheard(order.id, State.RELEASED, State.REFUSED)).first()
    if unheard is not None:
        return unheard
    row = fees.counting(act, order)
    if row is None:
        return _begin(act, order, kind, number)
    is_other = (row.kind, fees.number_of(act, row)) != (kind, number)
    if is_other and row.state in fees.OPEN and not _may_be_under_way(act, row):
        fees.change(act, row, State.RELEASED)
    return row


def obtain(ra: Ra, intend: Callable[[], Debit | None]) -> None:
    """Ask until the order is paid. ``intend`` says what next, None for nothing, in a transaction of its own.

    Raises Problem FEE_REFUSED, BANK_UNREACHABLE, BUSY.
    """
    for _ in range(_MOST_ROUNDS):
        asked = intend()
        if asked is None or not asked.is_pending or asked.state == State.CAPTURED:
            return
        try:
            row = ask(ra, asked.reference)
        except BankUnreachable as error:
            raise Problem(Code.BANK_UNREACHABLE) from error
        if asked.state in fees.OPEN and row.state == State.REFUSED:
            raise Problem(Code.FEE_REFUSED, reason=row.reason)
    raise Problem(Code.BUSY, retry_after=1)  # others keep naming other accounts


def ask(ra: Ra, reference: str) -> Debit:
    """Put the question that is open, and write down what the bank says. Raises BankUnreachable."""
    with ra.act(write=False) as act:
        row = act.db.get_one(Debit, reference)
        if not row.is_pending:
            return row
        holder = act.db.get_one(Order, row.order_id).account.customer.holder
        account = BankAccount(row.kind, fees.number_of(act, row), holder)
    try:
        answer, reason = _put(ra.bank, row, account), None
    except BankRefused as refusal:
        answer, reason = State.REFUSED, refusal.reason
    except BankUnreachable:
        with ra.act(_AUTHOR) as act:
            _unanswered(act, reference)
        raise
    with ra.act(_AUTHOR) as act:
        return _answered(act, row, answer, reason)


def tell(ra: Ra, order_id: str) -> None:
    """Tell the bank what was decided about the order's money. What it does not hear, housekeeping repeats."""
    if not any(policy.unit.fee for policy in ra.policies.values()):
        return
    with ra.act(write=False) as act:
        references = [row.reference for row in act.db.scalars(_unheard(order_id, *State))]
    with suppress(BankUnreachable):
        for reference in references:
            ask(ra, reference)


def settle_all(ra: Ra) -> None:
    """What has fallen due, and what the bank has still to say or to hear; the longest untouched first."""
    with ra.act(write=False) as act:
        is_due = bool(_due(act))
    if is_due:
        with ra.act("housekeeping") as act:
            for row, order in _due(act):
                _decide(act, row, order)
    with ra.act(write=False) as act:
        references = list(act.db.scalars(_pending(act)))
    with suppress(BankUnreachable):
        for reference in references:
            ask(ra, reference)


def _begin(act: Act, order: Order, kind: str, number: str) -> Debit:
    fee = fees.rule(act, order)
    if fee is None:
        raise Problem(Code.CONFLICT, state="no-fee")
    orders.require(act, order, orders.State.CREATED)
    limit = act.ra.settings.limits.debits_per_account
    limits.count(act, "debit", sessions.subject_of(order.account), limit=limit)
    if kind not in fee.accounts:
        raise Problem(Code.FEE_REFUSED, reason="kind")
    credit = fees.use_credit(act, order)
    if credit is None:
        return fees.intend(act, order, fee, kind, number)
    orders.pay(act, order)
    return credit


def _may_be_under_way(act: Act, row: Debit) -> bool:
    return row.state == State.INTENDED and row.touched_at > act.now - _UNDER_WAY


def _put(bank: Bank, row: Debit, account: BankAccount) -> State:
    """What the bank has under the row's reference now. Raises BankRefused, BankUnreachable."""
    if row.state == State.CAPTURED:
        bank.capture(row.reference)
        return State.CAPTURED
    if row.state not in fees.OPEN:
        bank.release(row.reference)
        return State(row.state)
    held = bank.look_up(row.reference)
    if held is None:
        bank.check(account)
        bank.reserve(row.reference, account, Money(row.amount, row.currency))
    return State.RELEASED if held == Held.RELEASED else State.RESERVED


def _answered(act: Act, asked: Debit, answer: State, reason: str | None) -> Debit:
    """The row as it is now. Where another decision was made meanwhile, that one counts."""
    row = act.db.get_one(Debit, asked.reference)
    if not row.is_pending or (row.state in fees.OPEN) != (asked.state in fees.OPEN):
        return row
    if answer == row.state:
        row.is_pending = False
        act.record("debit.told", row.reference, state=row.state)
        return row
    fees.change(act, row, answer, reason)
    if answer == State.RESERVED:
        orders.pay(act, act.db.get_one(Order, row.order_id))
    return row


def _unanswered(act: Act, reference: str) -> None:
    row = act.db.get_one(Debit, reference)
    row.touched_at = act.now
    if row.state == State.INTENDED:
        fees.change(act, row, State.UNCERTAIN)


def _decide(act: Act, row: Debit, order: Order) -> None:
    if row.state == State.CREDIT:
        fees.change(act, row, State.RELEASED)
    elif order.state in _ISSUED:
        fees.change(act, row, State.CAPTURED)
    else:
        orders.settle(act, order)


def _due(act: Act) -> Sequence[Row[Debit, Order]]:
    """Credit past its deadline, money for orders past theirs, and what is reserved for a certificate that exists."""
    credit = and_(Debit.state == State.CREDIT, Debit.deadline <= act.now)
    waiting = Debit.state.in_((*fees.OPEN, State.RESERVED))
    expired = and_(waiting, Order.state.in_(_UNISSUED), Order.deadline <= act.now)
    issued = and_(Debit.state == State.RESERVED, Order.state.in_(_ISSUED))
    chosen = select(Debit, Order).join(Order, Debit.order_id == Order.id)
    return act.db.execute(chosen.where(or_(credit, expired, issued)).limit(_MOST_AT_ONCE)).all()


def _pending(act: Act) -> Select[str]:
    """References; a question that may be on its way right now is left alone for a while."""
    is_free = or_(Debit.state.not_in(fees.OPEN), Debit.touched_at <= act.now - _ASKED_AGAIN_AFTER)
    chosen = select(Debit.reference).where(Debit.is_pending, is_free)
    return chosen.order_by(Debit.touched_at).limit(_MOST_AT_ONCE)


def _unheard(order_id: str, *states: State) -> Select[Debit]:
    chosen = select(Debit).where(Debit.order_id == order_id, Debit.is_pending)
    return chosen.where(Debit.state.in_(states), Debit.state.not_in(fees.OPEN))
