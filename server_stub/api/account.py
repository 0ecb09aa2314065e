"""The signed-in customer's own account, and the certificates it has."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from sqlalchemy import select

from server_stub import accounts, cards, tries
from server_stub.api.answers import SIGNED_IN, problems
from server_stub.api.calls import IdempotencyKey, ReadCall, TheRa, Token
from server_stub.api.shapes import Body, Password, Shape
from server_stub.db.models import Account, Card, Certificate, Order
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


class CertificateShape(Shape):
    """``serial`` is lower-case hex; ``slot`` the PIV key reference it was meant for."""

    serial: str
    pem: str
    state: Literal["valid", "on-hold", "revoked", "expired"]
    order: str
    card_id: str
    slot: str


class Certificates(Shape):
    certificates: list[CertificateShape]


@router.put(
    "/account/password",
    status_code=204,
    responses=problems(
        Code.WRONG_PASSWORD, Code.SESSION_EXPIRED, Code.SUSPENDED, Code.PASSWORD_RULE, Code.MALFORMED
    ),
)
def change_password(ra: TheRa, token: Token, body: NewPassword, _key: IdempotencyKey) -> None:
    accounts.change_password(ra, token, body.old, body.new)


@router.get("/account", responses=problems(*SIGNED_IN))
def account(call: ReadCall) -> AccountShape:
    return call.run(_account)


@router.get("/certificates", responses=problems(*SIGNED_IN))
def certificates(call: ReadCall) -> Certificates:
    return call.run(_certificates)


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


def _certificates(act: Act, account: Account) -> Certificates:
    rows = act.db.execute(
        select(Certificate, Order)
        .join(Order, Certificate.order_id == Order.id)
        .join(Card, Certificate.card_id == Card.id)
        .where(Card.account_id == account.id, Certificate.pem.is_not(None))
        .order_by(Certificate.not_before.desc(), Certificate.serial)
    )
    return Certificates(certificates=[_certificate(act, row, order) for row, order in rows])


def _certificate(act: Act, row: Certificate, order: Order) -> CertificateShape:
    is_over = row.state != "revoked" and row.not_after < act.now
    return CertificateShape.model_validate(
        {
            "serial": row.serial,
            "pem": row.pem,
            "state": "expired" if is_over else row.state,
            "order": order.id,
            "card_id": row.card_id,
            "slot": order.slot_hint,
        }
    )
