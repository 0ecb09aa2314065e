"""Our HTTP/1.1 protocol for uvicorn: what the application cannot know or do through ASGI alone."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable
from typing import Any, Final

import h11
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from server_stub.demo.faults import ABORT

TLS: Final = "tls"
"""In ``scope["extensions"]``, as ASGI's TLS extension has it: ``client_cert_chain``, PEM, the client's own first."""

# What bytes.title makes wrong.
_USUAL_CASE: Final = {b"www-authenticate": b"WWW-Authenticate", b"etag": b"ETag"}


class _TitleCasedConnection(h11.Connection):
    """Sends header names in their usual case: old EST clients compare them letter by letter."""

    def send_with_data_passthrough(self, event: h11.Event) -> list[bytes] | None:
        if isinstance(event, h11.Response | h11.InformationalResponse):
            headers = _usual(event.headers)
            event = type(event)(
                headers=headers,
                status_code=event.status_code,
                reason=event.reason,
                http_version=event.http_version,
            )
        return super().send_with_data_passthrough(event)


def _usual(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(_USUAL_CASE.get(name, name.title()), value) for name, value in headers]


class Protocol(H11Protocol):
    """Tells the client's certificate, and lets demo faults cut the connection."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.conn = _TitleCasedConnection(h11.SERVER, self.conn._max_incomplete_event_size)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app = _extended(self.app, {ABORT: transport.abort, **_tls(transport)})


def _tls(transport: asyncio.Transport) -> dict[str, Any]:
    connection = transport.get_extra_info("ssl_object")
    if connection is None:
        return {}
    der = connection.getpeercert(binary_form=True)
    return {TLS: {"client_cert_chain": [ssl.DER_cert_to_PEM_cert(der)] if der else []}}


def _extended(app: Any, extensions: dict[str, Callable[[], None] | Any]) -> ASGIApp:
    async def extended(scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"] = {**scope.get("extensions", {}), **extensions}
        await app(scope, receive, send)

    return extended
