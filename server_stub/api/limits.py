"""The size limit of request bodies, kept before anything reads them."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server_stub.api.answers import respond
from server_stub.problems import Code, Problem

MAXIMUM_BODY = 64 * 1024


class BodyLimit:
    """ASGI middleware: 413 for a body above the limit, announced or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > MAXIMUM_BODY:
            await respond(Problem(Code.MALFORMED, status=413, field="body"))(scope, receive, send)
            return
        await self._app(scope, _counted(receive), send)


def _counted(receive: Receive) -> Receive:
    seen = 0

    async def counting() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAXIMUM_BODY:
            raise HTTPException(413)  # the one exception FastAPI lets through while it reads a body
        return message

    return counting
