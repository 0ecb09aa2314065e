"""Captchas, sign-in and sign-out."""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import StringConstraints

from server_stub import accounts, captchas, limits
from server_stub import sessions as sign_in
from server_stub.api.answers import SIGNED_IN, problems
from server_stub.api.calls import IdempotencyKey, TheRa, Token
from server_stub.api.shapes import Body, Id, Password, Shape, Time, UnitId
from server_stub.db.models import SignInSession
from server_stub.problems import Code

router = APIRouter(tags=["sign-in"])


class NewCaptcha(Body):
    unit: UnitId


class CaptchaShape(Shape):
    """``image_png`` and ``audio_wav`` are base64."""

    id: str
    image_png: str
    audio_wav: str
    expires_at: Time


class CaptchaAnswer(Body):
    id: Id
    answer: Annotated[str, StringConstraints(min_length=1, max_length=16)]


class Credentials(Body):
    unit: UnitId
    account: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    password: Password
    captcha: CaptchaAnswer | None = None


class SessionShape(Shape):
    """``by_card``: made by the card's signature, for renewing and reading; no site password was told."""

    account: str
    unit: str
    expires_at: Time
    must_change_password: bool
    by_card: bool


class NewSession(SessionShape):
    token: str


@router.post("/captchas", status_code=201, responses=problems(Code.UNIT_UNKNOWN, Code.BUSY, Code.MALFORMED))
def create_captcha(
    request: Request, response: Response, ra: TheRa, body: NewCaptcha, _key: IdempotencyKey
) -> CaptchaShape:
    """A new riddle every time: its answer is never kept for replay."""
    ra.policy(body.unit)
    with ra.act() as act:
        limit = ra.settings.limits.captchas_per_address
        limits.count(act, "captcha-address", address_of(request), limit=limit)
    riddle = captchas.draw()
    with ra.act() as act:
        captcha = captchas.store(act, body.unit, riddle)
    if ra.settings.demo:
        response.headers["X-Demo-Captcha"] = riddle.answer
    return CaptchaShape(
        id=captcha.id,
        image_png=b64encode(riddle.image).decode(),
        audio_wav=b64encode(riddle.audio).decode(),
        expires_at=captcha.expires_at,
    )


@router.post(
    "/sessions",
    status_code=201,
    responses=problems(
        Code.WRONG_PASSWORD,
        Code.CAPTCHA_WRONG,
        Code.CAPTCHA_EXPIRED,
        Code.SUSPENDED,
        Code.UNIT_UNKNOWN,
        Code.BUSY,
        Code.MALFORMED,
    ),
)
def create_session(request: Request, ra: TheRa, body: Credentials, _key: IdempotencyKey) -> NewSession:
    """The token is in this answer only; it is not kept for replay."""
    captcha = (body.captcha.id, body.captcha.answer) if body.captcha else None
    attempt = accounts.Attempt(body.unit, body.account, body.password, captcha, address_of(request))
    token, session = accounts.sign_in(ra, attempt)
    return NewSession(token=token, **shape_of(session).model_dump())


@router.get("/sessions/current", responses=problems(Code.SESSION_EXPIRED, Code.SUSPENDED))
def current_session(ra: TheRa, token: Token) -> SessionShape:
    with ra.act(write=False) as act:
        return shape_of(sign_in.find(act, token, before_change=True))


@router.delete("/sessions/current", status_code=204, responses=problems(*SIGNED_IN))
def end_session(ra: TheRa, token: Token, _key: IdempotencyKey) -> None:
    with ra.act() as act:
        sign_in.end(act, sign_in.find(act, token, before_change=True))


def address_of(request: Request) -> str:
    """Of the connection: forwarded addresses can be made up."""
    return request.client.host if request.client else ""


def shape_of(session: SignInSession) -> SessionShape:
    account, by_card = session.account, session.certificate is not None
    return SessionShape(
        account=account.name,
        unit=account.unit,
        expires_at=session.expires_at,
        must_change_password=account.must_change_password and not by_card,
        by_card=by_card,
    )
