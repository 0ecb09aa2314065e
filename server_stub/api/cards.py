"""Cards: whose is this one, and is it here?"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import StringConstraints

from server_stub import approvals, cards
from server_stub.api.answers import SIGNED_IN, problems
from server_stub.api.calls import Answered, MutationCall, ReadCall
from server_stub.api.renewing import RenewalCall
from server_stub.api.shapes import Body, Fingerprint, Id, Shape, SignedStatement, Time
from server_stub.db.models import Account, Verification
from server_stub.problems import Code
from server_stub.ra import Act

router = APIRouter(tags=["cards"])
_FAILURES = problems(*SIGNED_IN, Code.NOT_FOUND, Code.CONFLICT)


class ForeignCard(Shape):
    """Another customer's: nothing else is told."""

    mine: Literal[False]


class OwnCard(Shape):
    """``pin_reset_until``: the counter approved a PIN reset until then."""

    mine: Literal[True]
    card_id: str
    status: str
    guids: list[str]
    pin_reset_until: Time | None


class NewVerification(Body):
    purpose: Literal["apply", "renew"]


class VerificationShape(Shape):
    id: str
    nonce: str
    expires_at: Time


class Verified(Shape):
    verified: Literal[True]
    expires_at: Time


class NewGuid(Body):
    guid: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


@router.get("/cards", responses=_FAILURES)
def card_by_key(call: ReadCall, key: Fingerprint) -> OwnCard | ForeignCard:
    """``key``: SHA-256 of the 9E key's SubjectPublicKeyInfo, lower-case hex."""

    def look(act: Act, account: Account) -> OwnCard | ForeignCard:
        card = cards.by_key(act, key)
        if card.account_id != account.id:
            return ForeignCard(mine=False)
        return OwnCard(
            mine=True,
            card_id=card.id,
            status=card.status,
            guids=cards.guids(act, card),
            pin_reset_until=approvals.confirmed_until(act, card, approvals.PIN_RESET),
        )

    return call.run(look)


@router.post(
    "/cards/{card_id}/verifications",
    status_code=201,
    response_model=VerificationShape,
    responses=problems(*SIGNED_IN, Code.NOT_FOUND, Code.CONFLICT, Code.NOT_ALLOWED),
)
def create_verification(
    call: MutationCall, renewal_call: RenewalCall, card_id: Id, body: NewVerification
) -> Response:
    def challenge(act: Act, account: Account) -> Answered:
        made = cards.challenge(act, cards.owned(act, account, card_id), body.purpose)
        return Answered.of(201, VerificationShape.model_validate(made))

    return (renewal_call if body.purpose == "renew" else call).run(challenge)


@router.put(
    "/cards/{card_id}/verifications/{verification_id}",
    response_model=Verified,
    responses=problems(*SIGNED_IN, Code.NOT_FOUND, Code.CONFLICT, Code.CARD_NOT_VERIFIED),
)
def answer_verification(
    call: RenewalCall, card_id: Id, verification_id: Id, body: SignedStatement
) -> Response:
    def verify(act: Act, account: Account) -> Answered:
        card = cards.owned(act, account, card_id)
        return _verified(cards.verify(act, card, verification_id, *body.signed()))

    return call.run(verify)


@router.post("/cards/{card_id}/guids", status_code=204, responses=_FAILURES)
def announce_guid(call: RenewalCall, card_id: Id, body: NewGuid) -> Response:
    def announce(act: Act, account: Account) -> Answered:
        cards.announce_guid(act, cards.owned(act, account, card_id), body.guid)
        return Answered.of(204)

    return call.run(announce)


def _verified(verification: Verification) -> Answered:
    return Answered.of(200, Verified(verified=True, expires_at=verification.expires_at))
