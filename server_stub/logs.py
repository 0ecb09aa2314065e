"""Structured logs on standard error: one JSON object per line, from an allow-list of fields.

Paths are logged as templates, never with their ids or queries; bodies, headers and exception texts never.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FIELDS = ("method", "path", "status", "milliseconds", "problem", "defect", "url", "where", "worker")
_log = logging.getLogger("server_stub.requests")


class JsonLines(logging.Formatter):
    """The message and the allowed extra fields; an exception by its class and place only."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "process": record.process,
            "event": record.getMessage() if record.name.startswith("server_stub") else record.name,
        }
        entry |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0]:
            entry["defect"] = record.exc_info[0].__name__
        return json.dumps(entry, ensure_ascii=False)


def configure(level: int = logging.INFO) -> None:
    """Send the whole process's logs to standard error. Other libraries speak from warning upward only."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("server_stub").setLevel(level)


class RequestLog:
    """ASGI middleware: one line per request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            _log.info("request", extra=_entry(scope, status, time.perf_counter() - began))


def _entry(scope: Scope, status: int, seconds: float) -> Mapping[str, object]:
    entry = {
        "method": scope["method"],
        "path": getattr(scope.get("route"), "path", "unknown"),
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
    }
    problem = scope.get("state", {}).get("problem")
    return entry | ({"problem": problem} if problem else {})
