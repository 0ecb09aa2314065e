"""The debit of a fee, by API: a customer names the bank account, officers see what came of it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import StringConstraints
from sqlalchemy import select

from server_stub import debits, orders
from server_stub.api.answers import OFFICER_SIGNED_IN, SIGNED_IN, problems
from server_stub.api.calls import Answered
from server_stub.api.fees import FeeShape, members_of
from server_stub.api.officers import ReaderCall
from server_stub.api.orders import OrderShape, shape_of
from server_stub.api.renewing import OrderCall
from server_stub.api.shapes import Body, Id, Shape, Time
from server_stub.db.models import Account, Customer, Debit, Order
from server_stub.orders import State
from server_stub.problems import Code
from server_stub.ra import Act

router = APIRouter(tags=["fees"])
_PAID = (State.RESERVED, State.AUTHORISED, State.ISSUED, State.STORED, State.ACTIVATED)
_MOST = 200


class DebitedAccount(Body):
    """A bank account of the customer's own. ``number``: digits only."""

    account: Literal["passbook", "giro"]
    number: Annotated[str, StringConstraints(pattern=r"^[0-9]{6,16}$")]


class FoundDebit(FeeShape):
    """``order``: the one it pays for, or paid for last. ``since``: of its state."""

    order: str
    unit: str
    customer: str
    identifier: str
    since: Time


class FoundDebits(Shape):
    debits: list[FoundDebit]


@router.post(
    "/orders/{order_id}/debit",
    response_model=OrderShape,
    responses=problems(
        *SIGNED_IN,
        Code.NOT_FOUND,
        Code.CONFLICT,
        Code.NOT_ALLOWED,
        Code.FEE_REFUSED,
        Code.BANK_UNREACHABLE,
        Code.BUSY,
    ),
)
def debit(call: OrderCall, order_id: Id, body: DebitedAccount) -> Response:
    """Set the fee aside in this bank account. It is taken when the certificate is issued, and never twice.

    After 503 it is not known yet whether the bank has done it: ask again, with the same account.
    """

    def intend(act: Act, account: Account) -> Debit:
        order = orders.find(act, account, order_id)
        return debits.intend(act, order, body.account, body.number)

    def show(act: Act, account: Account) -> Answered:
        order = orders.find(act, account, order_id)
        orders.require(act, order, *_PAID)
        return Answered.of(200, shape_of(act, order))

    def next_question() -> Debit | None:
        begun = call.begin(intend)
        return None if isinstance(begun, Response) else begun.result

    debits.obtain(call.ra, next_question)
    return call.run(show)


@router.get("/officer/debits", tags=["officers"], responses=problems(*OFFICER_SIGNED_IN))
def find_debits(
    call: ReaderCall, identifier: Annotated[str, Query(min_length=1, max_length=64)]
) -> FoundDebits:
    """All debits of a customer, by the identifier (CN) in the certificates; the newest first."""
    return call.run(lambda act, _: FoundDebits(debits=_of_identifier(act, identifier)))


def _of_identifier(act: Act, identifier: str) -> list[FoundDebit]:
    chosen = (
        select(Debit, Order)
        .join(Order, Debit.order_id == Order.id)
        .join(Account, Debit.account_id == Account.id)
        .join(Customer, Account.customer_id == Customer.id)
        .where(Customer.identifier == identifier)
        .order_by(Debit.created_at.desc(), Debit.reference)
        .limit(_MOST)
    )
    return [_found(row, order) for row, order in act.db.execute(chosen)]


def _found(row: Debit, order: Order) -> FoundDebit:
    return FoundDebit.model_validate(
        {
            **members_of(row, order),
            "order": order.id,
            "unit": order.unit,
            "customer": order.account.name,
            "identifier": order.account.customer.identifier,
            "since": row.touched_at,
        }
    )
