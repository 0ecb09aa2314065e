"""The signed-in customer's own account."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter

from server_stub import accounts, cards, tries
from server_stub.api.answers import SIGNED_IN, problems
from server_stub.api.calls import IdempotencyKey, ReadCall, TheRa, Token
from server_stub.api.shapes import Body, Password, Shape
from server_stub.db.models import Account
from server_stub.problems import Code
from server_stub.ra import Act

router = APIRouter(tags=["account"])


class NewPassword(Body):
    old: Password
    new: Password


class CardLabel(Shape):
    card_id: str
    label: str


class AccountShape(Shape):
    account: str
    unit: str
    identifier: str
    holder: str
    email: str
    phone: str
    registration: Literal["pending", "approved", "used", "rejected"]
    suspended: bool
    cards: list[CardLabel]


@router.put(
    "/account/password",
    status_code=204,
    responses=problems(
        Code.WRONG_PASSWORD,
        Code.SESSION_EXPIRED,
        Code.SUSPENDED,
        Code.NOT_ALLOWED,
        Code.PASSWORD_RULE,
        Code.MALFORMED,
    ),
)
def change_password(ra: TheRa, token: Token, body: NewPassword, _key: IdempotencyKey) -> None:
    accounts.change_password(ra, token, body.old, body.new)


@router.get("/account", responses=problems(*SIGNED_IN))
def account(call: ReadCall) -> AccountShape:
    return call.run(_account)


def _account(act: Act, account: Account) -> AccountShape:
    customer = account.customer
    return AccountShape.model_validate(
        {
            "account": account.name,
            "unit": account.unit,
            "identifier": customer.identifier,
            "holder": customer.holder,
            "email": customer.email,
            "phone": customer.phone,
            "registration": account.registration,
            "suspended": tries.is_suspended(act, account.unit, account.name),
            "cards": [
                CardLabel(card_id=card.id, label=card.label) for card in cards.of_account(act, account)
            ],
        }
    )
