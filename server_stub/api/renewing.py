"""Changes that a session made by the card may make as well: those that belong to a renewal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from fastapi import Depends

from server_stub import orders, relays, sessions
from server_stub.api.calls import CUSTOMER, IdempotencyKey, Kind, Mutation, RequestHash, TheRa, Token
from server_stub.api.shapes import Id
from server_stub.db.models import Account, Order
from server_stub.problems import Code, Problem
from server_stub.ra import Act


def _of(order_of: Callable[[Act, Account], Order]) -> Kind[Account]:
    """Whoever is signed in; by card, only if the order is a renewal. Raises Problem NOT_FOUND, NOT_ALLOWED."""

    def find(act: Act, token: str | None) -> Account:
        session = sessions.find(act, token)
        if session.certificate is not None and order_of(act, session.account).kind != "renew":
            raise Problem(Code.NOT_ALLOWED)
        return session.account

    return replace(CUSTOMER, find=find)


async def _renewal(ra: TheRa, token: Token, key: IdempotencyKey, digest: RequestHash) -> Mutation[Account]:
    return Mutation(ra, token, CUSTOMER, key, digest)


async def _order(
    ra: TheRa, token: Token, key: IdempotencyKey, digest: RequestHash, order_id: Id
) -> Mutation[Account]:
    kind = _of(lambda act, account: orders.find(act, account, order_id))
    return Mutation(ra, token, kind, key, digest)


async def _relay(
    ra: TheRa, token: Token, key: IdempotencyKey, digest: RequestHash, relay_id: Id
) -> Mutation[Account]:
    kind = _of(lambda act, account: relays.order_of(act, account, relay_id))
    return Mutation(ra, token, kind, key, digest)


RenewalCall = Annotated[Mutation[Account], Depends(_renewal)]
OrderCall = Annotated[Mutation[Account], Depends(_order)]
RelayCall = Annotated[Mutation[Account], Depends(_relay)]
