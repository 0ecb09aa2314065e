"""Makes the demo server misbehave as networks and servers do: each fault happens to the next fitting requests.

Faults are in the database, so they hold for every worker and outlive a restart. Around the whole application.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server_stub.api.answers import respond
from server_stub.db.errors import DatabaseAway
from server_stub.db.models import Fault
from server_stub.demo.forgery import Forgery, forge
from server_stub.problems import Code, Problem
from server_stub.ra import Act, Ra

ABORT = "cardtool.abort"
"""In ``scope["extensions"]``: a function that cuts the connection, put there by our uvicorn protocol."""

_SLOW_SECONDS = 15
_OVERSIZED = 8 * 1024 * 1024


class Name(StrEnum):
    STATUS_502 = "status-502"
    HTML = "html"
    TRUNCATED = "truncated"
    OVERSIZED = "oversized"
    SLOW = "slow"
    DROP_BEFORE = "drop-before"
    DROP_AFTER_COMMIT = "drop-after-commit"
    WRONG_KEY = "wrong-key"
    EXPIRED_CERTIFICATE = "expired-certificate"
    FOREIGN_CHAIN = "foreign-chain"
    SESSION_EXPIRED = "session-expired"
    BANK_REFUSES = "bank-refuses"
    BANK_TIMES_OUT = "bank-times-out"
    BANK_LATE = "bank-late"


_BANKS = {Name.BANK_REFUSES, Name.BANK_TIMES_OUT, Name.BANK_LATE}
"""These happen to the RA's own questions, see ``server_stub/demo/bank.py``."""
_FORGERIES = {
    Name.WRONG_KEY: Forgery.KEY,
    Name.EXPIRED_CERTIFICATE: Forgery.VALIDITY,
    Name.FOREIGN_CHAIN: Forgery.CHAIN,
}


class ConnectionCut(Exception):
    """Raised where no connection can be cut: in tests without a network."""


def arm(act: Act, name: Name, count: int) -> None:
    """Let ``name`` happen to the next ``count`` fitting requests."""
    act.db.add(Fault(name=name, remaining=count))


class Faults:
    """ASGI middleware. ``/demo`` and ``/health`` always work."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        ra: Ra = scope["app"].state.ra
        armed = await asyncio.to_thread(_armed, ra)
        fitting = [fault for fault in armed if _fits_request(fault, scope)]
        if not fitting:
            await self._app(scope, receive, send)
            return
        await self._misbehave(ra, fitting[0], scope, receive, send)

    async def _misbehave(self, ra: Ra, fault: Name, scope: Scope, receive: Receive, send: Send) -> None:
        if fault in _BEFORE:
            await asyncio.to_thread(_used, ra, fault)
            await _before(fault, self._app, scope, receive, send)
            return
        answer = _Answer()
        await self._app(scope, receive, answer.take)
        if fault in _FORGERIES:
            forged = await asyncio.to_thread(forge, ra, _FORGERIES[fault], answer.body)
            if forged is None:  # nothing to forge in this answer
                await answer.give(send)
                return
            answer.replace(forged)
        await asyncio.to_thread(_used, ra, fault)
        await _after(fault, answer, scope, send)


def _armed(ra: Ra) -> list[Name]:
    try:
        with ra.act(write=False) as act:
            return [Name(name) for name in act.db.scalars(select(Fault.name).order_by(Fault.id))]
    except DatabaseAway:  # a fault of its own, which the application tells
        return []


def _used(ra: Ra, name: Name) -> None:
    with ra.act() as act:
        use_one(act.db, name)


def use_one(db: Session, *names: Name) -> Name | None:
    """The fault among ``names`` that was ordered first; it happens once less from now on."""
    fault = db.scalars(select(Fault).where(Fault.name.in_(names)).order_by(Fault.id)).first()
    if fault is None:
        return None
    fault.remaining -= 1
    if fault.remaining <= 0:
        db.delete(fault)
    return Name(fault.name)


class _Answer:
    """An answer of the application, held back."""

    def __init__(self) -> None:
        self.start: Message = {}
        self.body = b""

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")

    def replace(self, body: bytes) -> None:
        self.body = body
        headers = [(name, value) for name, value in self.start["headers"] if name != b"content-length"]
        self.start["headers"] = [*headers, (b"content-length", str(len(body)).encode())]

    async def give(self, send: Send) -> None:
        await send(self.start)
        await send({"type": "http.response.body", "body": self.body})


_BEFORE = {Name.STATUS_502, Name.HTML, Name.SLOW, Name.DROP_BEFORE, Name.SESSION_EXPIRED}


def _fits_request(fault: Name, scope: Scope) -> bool:
    if fault in _BANKS:
        return False
    if fault == Name.SESSION_EXPIRED:
        return any(name == b"authorization" for name, _ in scope["headers"])
    return True


async def _before(fault: Name, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Faults that keep the request from the application, or only delay it."""
    match fault:
        case Name.SLOW:
            await asyncio.sleep(_SLOW_SECONDS)
            await app(scope, receive, send)
        case Name.DROP_BEFORE:
            await _cut(scope)
        case Name.SESSION_EXPIRED:
            await respond(Problem(Code.SESSION_EXPIRED))(scope, receive, send)
        case Name.STATUS_502:
            await _send(send, 502, "text/plain", b"Bad Gateway")
        case _:
            await _send(send, 200, "text/html", b"<html><body><h1>Welcome to this network</h1></body></html>")


async def _after(fault: Name, answer: _Answer, scope: Scope, send: Send) -> None:
    """Faults that spoil the answer to what was done."""
    match fault:
        case Name.DROP_AFTER_COMMIT:
            await _cut(scope)
        case Name.TRUNCATED:
            await send(answer.start)  # announces the whole length; uvicorn then closes the connection
            await send(
                {
                    "type": "http.response.body",
                    "body": answer.body[: len(answer.body) // 2],
                    "more_body": True,
                }
            )
            await _cut(scope)
        case Name.OVERSIZED:
            answer.replace(b'{"filler": "' + b"x" * _OVERSIZED + b'"}')
            await answer.give(send)
        case _:
            await answer.give(send)


async def _cut(scope: Scope) -> None:
    abort: Callable[[], None] | None = scope.get("extensions", {}).get(ABORT)
    if abort is None:
        raise ConnectionCut
    abort()


async def _send(send: Send, status: int, media_type: str, body: bytes) -> None:
    headers = [(b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
