"""Sign-in with the card's key: a nonce, and its signature."""

from __future__ import annotations

from base64 import b64decode
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import StringConstraints

from server_stub import card_sign_in
from server_stub.api.answers import problems
from server_stub.api.calls import IdempotencyKey, TheRa
from server_stub.api.sessions import CaptchaAnswer, NewSession, address_of, shape_of
from server_stub.api.shapes import Body, Fingerprint, Shape, Time, UnitId
from server_stub.card_sign_in import Claim, Proof
from server_stub.problems import Code

router = APIRouter(prefix="/sessions/card", tags=["sign-in"])
_FAILURES = (Code.UNIT_UNKNOWN, Code.NOT_ALLOWED, Code.BUSY, Code.MALFORMED)
_BASE64 = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$"


class _Claimed(Body):
    """``identifier``: of the customer, as in the certificate's common name."""

    unit: UnitId
    identifier: Annotated[str, StringConstraints(min_length=1, max_length=64)]

    def claim(self, request: Request) -> Claim:
        return Claim(self.unit, self.identifier, address_of(request))


class NewCardChallenge(_Claimed):
    captcha: CaptchaAnswer | None = None


class CardChallengeShape(Shape):
    nonce: str
    expires_at: Time


class SignedSignIn(_Claimed):
    """``signed_data``: base64 of a CMS SignedData (DER) over the statement."""

    nonce: Fingerprint
    signed_data: Annotated[str, StringConstraints(max_length=16384, pattern=_BASE64)]


@router.post(
    "/challenge",
    status_code=201,
    responses=problems(*_FAILURES, Code.CAPTCHA_WRONG, Code.CAPTCHA_EXPIRED),
)
def create_challenge(
    request: Request, ra: TheRa, body: NewCardChallenge, _key: IdempotencyKey
) -> CardChallengeShape:
    """The same for identifiers that do not exist. Never kept for replay: it is simply asked for again."""
    captcha = (body.captcha.id, body.captcha.answer) if body.captcha else None
    return CardChallengeShape.model_validate(card_sign_in.challenge(ra, body.claim(request), captcha))


@router.post("", status_code=201, responses=problems(*_FAILURES, Code.CARD_SIGN_IN_REFUSED, Code.SUSPENDED))
def create_card_session(request: Request, ra: TheRa, body: SignedSignIn, _key: IdempotencyKey) -> NewSession:
    """A short session to renew with. Its token is in this answer only."""
    proof = Proof(body.nonce, b64decode(body.signed_data))
    token, session = card_sign_in.sign_in(ra, body.claim(request), proof)
    return NewSession(token=token, **shape_of(session).model_dump())
