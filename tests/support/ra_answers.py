"""Ways in which an RA's answer can be wrong, for ``Bench.spoil``."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from urllib3 import HTTPResponse

from server_stub.demo.forgery import Forgery, forge
from server_stub.ra import Ra
from tests.support.bench import Bench, Spoil
from tests.support.office import raw_response

JSON = {"Content-Type": "application/json"}
MORE_THAN_ANY_ANSWER = 5 * 1024 * 1024


def fault(_request: requests.PreparedRequest, _answer: HTTPResponse) -> HTTPResponse:
    return unavailable()


def unavailable() -> HTTPResponse:
    return raw_response(503, {"Content-Type": "text/html"}, b"<h1>Service unavailable</h1>")


def html(_request: requests.PreparedRequest, _answer: HTTPResponse) -> HTTPResponse:
    return raw_response(200, {"Content-Type": "text/html"}, b"<h1>Welcome to the hotel</h1>")


def truncated(_request: requests.PreparedRequest, answer: HTTPResponse) -> HTTPResponse:
    return raw_response(answer.status, JSON, answer.read()[:-3])


def oversized(_request: requests.PreparedRequest, answer: HTTPResponse) -> HTTPResponse:
    return raw_response(answer.status, JSON, b'{"filler":"' + b"x" * MORE_THAN_ANY_ANSWER + b'"}')


def other_types(_request: requests.PreparedRequest, answer: HTTPResponse) -> HTTPResponse:
    """Every text has become a number."""
    members = json.loads(answer.read())
    changed = {name: 7 if isinstance(value, str) else value for name, value in members.items()}
    return raw_response(answer.status, JSON, json.dumps(changed).encode())


def cut_off(_request: requests.PreparedRequest, _answer: HTTPResponse) -> HTTPResponse:
    """The request was carried out, its answer never came."""
    raise requests.ConnectionError


UNREADABLE = {"html": html, "truncated": truncated, "oversized": oversized, "other types": other_types}


def problem(status: int, code: str, **members: object) -> Callable[[], HTTPResponse]:
    """For ``Bench.refuse``."""
    body = json.dumps({"type": f"urn:cardtool:problem:{code}", "status": status, "code": code, **members})
    return lambda: raw_response(status, {"Content-Type": "application/problem+json"}, body.encode())


def with_members(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Spoil:
    def answer(_request: requests.PreparedRequest, given: HTTPResponse) -> HTTPResponse:
        return raw_response(given.status, JSON, json.dumps(change(json.loads(given.read()))).encode())

    return answer


def forged(bench: Bench, what: Forgery) -> Spoil:
    """The certificate in the answer is for another key, expired, or from a CA nobody trusts."""

    def answer(_request: requests.PreparedRequest, given: HTTPResponse) -> HTTPResponse:
        body = forge(bench.office.ra, what, given.read())
        assert body is not None, "no certificate in this answer"
        return raw_response(given.status, JSON, body)

    return answer


def not_yet_valid(bench: Bench) -> Spoil:
    return with_members(lambda order: {**order, "certificate": _a_year_later(bench.office.ra, order)})


def _a_year_later(ra: Ra, order: dict[str, Any]) -> str:
    genuine = x509.load_pem_x509_certificate(order["certificate"].encode())
    begin = genuine.not_valid_before_utc + timedelta(days=365)
    made = ra.authority.issue(
        "signing",
        genuine.public_key(),
        genuine.subject,
        None,
        genuine.serial_number,
        begin,
        begin + timedelta(days=365),
    )
    return made.public_bytes(Encoding.PEM).decode()


def garbage_certificate(_bench: Bench) -> Spoil:
    pem = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
    return with_members(lambda order: {**order, "certificate": pem})


def chain_of(root: x509.Certificate) -> Spoil:
    pem = root.public_bytes(Encoding.PEM).decode()
    return with_members(lambda _answer: {"certificates": [pem]})
