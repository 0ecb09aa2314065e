"""Problem documents as answers, and how the OpenAPI document describes them."""

from __future__ import annotations

import json
import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from server_stub.db.errors import DatabaseAway, DatabaseBusy
from server_stub.problems import Code, Problem

MEDIA_TYPE = "application/problem+json"
_SECONDS_AWAY = 5
_log = logging.getLogger(__name__)


def problems(*codes: Code) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a path operation: every status these codes use, with the codes that use it."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for status in sorted({code.value.status for code in codes}):
        kinds = [code.value for code in codes if code.value.status == status]
        by_status[status] = {
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
            "description": "; ".join(f"{kind.code}: {kind.title}" for kind in kinds),
        }
    return by_status


SIGNED_IN = (Code.SESSION_EXPIRED, Code.SUSPENDED, Code.PASSWORD_MUST_CHANGE, Code.MALFORMED)
OFFICER_SIGNED_IN = (Code.SESSION_EXPIRED, Code.SUSPENDED, Code.NOT_ALLOWED, Code.MALFORMED)


def respond(problem: Problem) -> Response:
    body = json.dumps(problem.document()).encode()
    return Response(body, problem.status, dict(problem.headers()), MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make every failure of the application a problem document."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DatabaseBusy, _busy)
    app.add_exception_handler(DatabaseAway, _away)
    app.add_exception_handler(DataError, _unstorable)
    app.add_exception_handler(Exception, _fault)


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    request.state.problem = error.kind.code
    return respond(error)


def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    names = [str(part) for part in error.errors()[0]["loc"][1:]]
    return _problem(request, Problem(Code.MALFORMED, field=".".join(names)[:64]))


def _http(request: Request, error: Exception) -> Response:
    """What the framework refuses itself: no such path, method or readable body."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return _problem(request, Problem(Code.NOT_FOUND))
    response = _problem(request, Problem(Code.MALFORMED, status=error.status_code, field=""))
    response.headers.update(error.headers or {})
    return response


def _busy(request: Request, _error: Exception) -> Response:
    return _problem(request, Problem(Code.BUSY, retry_after=1))


def _away(request: Request, _error: Exception) -> Response:
    _log.error("database-away")
    return _problem(request, Problem(Code.BUSY, status=503, retry_after=_SECONDS_AWAY))


def _unstorable(request: Request, _error: Exception) -> Response:
    """A text with U+0000, which PostgreSQL keeps nowhere and which is therefore nobody's name or number."""
    return _problem(request, Problem(Code.MALFORMED, field=""))


def _fault(request: Request, error: Exception) -> Response:
    """A defect of ours: its class name goes to the log, nothing of it to the client."""
    request.state.problem = Code.FAULT.value.code
    _log.error("defect", extra={"defect": type(error).__name__})
    return respond(Problem(Code.FAULT))
