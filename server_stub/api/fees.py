"""What an order costs, as customers and officers see it. Of a bank account only the last digits are ever shown."""

from __future__ import annotations

from typing import Literal

from server_stub import fees, orders
from server_stub.api.shapes import Shape, Time
from server_stub.db.models import Debit, Order
from server_stub.ra import Act

_UNTIL_THE_ORDER_ENDS = (*fees.OPEN, fees.State.RESERVED)


class FeeShape(Shape):
    """``amount``: whole units of ``currency``. ``account``: masked; ``reason``: of the bank's refusal.

    ``deadline``: until when the money is set aside for the order, or kept as credit for the next one.
    """

    amount: int
    currency: str
    state: Literal["due", "intended", "uncertain", "reserved", "captured", "released", "credit", "refused"]
    account: str | None
    reason: str | None
    deadline: Time | None


def fee_of(act: Act, order: Order) -> FeeShape | None:
    """None where there is nothing to pay, or nothing was paid before the order ended."""
    fee = fees.rule(act, order)
    if fee is None:
        return None
    row = fees.newest(act, order)
    if row is not None:
        return FeeShape.model_validate(members_of(row, order))
    if orders.state_at(order, act.now) != orders.State.CREATED:
        return None
    return FeeShape(
        amount=fee.amount, currency=fee.currency, state="due", account=None, reason=None, deadline=None
    )


def members_of(row: Debit, order: Order) -> dict[str, object]:
    """Of a FeeShape."""
    deadline = order.deadline if row.state in _UNTIL_THE_ORDER_ENDS else row.deadline
    members = {name: getattr(row, name) for name in ("amount", "currency", "state", "reason")}
    return {**members, "account": row.masked, "deadline": deadline}
