"""The EST operations. ``label`` names a unit (RFC 7030 section 3.2.2)."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from cryptography import x509
from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute

from server_stub import accounts
from server_stub.api.answers import respond
from server_stub.api.calls import TheRa
from server_stub.api.sessions import address_of
from server_stub.est import cmc, enrol, wire
from server_stub.problems import Code, Problem
from server_stub.protocol import TLS

_LONGEST_NAME = 64
_LONGEST_PASSWORD = 128


class _EstRoute(APIRoute):
    """Asks for HTTP authentication where the JSON API would ask for a token."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await handle(request)
            except Problem as problem:
                request.state.problem = problem.kind.code
                return _refusal(request, problem)

        return handler


def _refusal(request: Request, problem: Problem) -> Response:
    if problem.status != 401:
        return respond(problem)
    # A bare question has no body: BouncyCastle gives up on one that it would have to skip.
    has_answered = "Authorization" in request.headers
    response = respond(problem) if has_answered else Response(status_code=problem.status)
    response.headers["WWW-Authenticate"] = 'Basic realm="EST", charset="UTF-8"'
    return response


# Two paths for each, with and without label; they speak no JSON, so the API's description leaves them out.
router = APIRouter(prefix="/.well-known/est", route_class=_EstRoute, include_in_schema=False)


async def _request_body(request: Request) -> bytes:
    return wire.decode(await request.body())


def _password_of(request: Request) -> tuple[str, str]:
    """Name and password (RFC 7617). Raises Problem WRONG_PASSWORD, which asks for them."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        name, colon, password = b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        name = colon = password = ""
    fits = 0 < len(name) <= _LONGEST_NAME and len(password) <= _LONGEST_PASSWORD
    if scheme.lower() != "basic" or not colon or not fits:
        raise Problem(Code.WRONG_PASSWORD)
    return name, password


def _client_certificate(request: Request) -> x509.Certificate:
    """Of the TLS connection. Raises Problem NOT_ALLOWED."""
    chain = request.scope.get("extensions", {}).get(TLS, {}).get("client_cert_chain", ())
    if not chain:
        raise Problem(Code.NOT_ALLOWED)
    return x509.load_pem_x509_certificate(chain[0].encode())


RequestBody = Annotated[bytes, Depends(_request_body)]


@router.get("/cacerts")
@router.get("/{label}/cacerts")
def ca_certificates(ra: TheRa) -> Response:
    return wire.certificates(ra.authority.chain)


@router.get("/csrattrs")
@router.get("/{label}/csrattrs")
def request_attributes(ra: TheRa, label: str | None = None) -> Response:
    _, file = enrol.unit_of(ra, label)
    return wire.respond(wire.attributes(file.key_algorithm), wire.ATTRIBUTES)


@router.post("/simpleenroll")
@router.post("/{label}/simpleenroll")
def simple_enrol(request: Request, ra: TheRa, body: RequestBody, label: str | None = None) -> Response:
    """By account and site password."""
    policy, _ = enrol.unit_of(ra, label)
    name, password = _password_of(request)
    attempt = accounts.Attempt(policy.unit.id, name, password, None, address_of(request), is_program=True)
    return wire.certificates([enrol.enrol(ra, policy.unit.id, attempt, body)])


@router.post("/simplereenroll")
@router.post("/{label}/simplereenroll")
def simple_reenrol(request: Request, ra: TheRa, body: RequestBody) -> Response:
    """By the certificate that is to be renewed, in mutual TLS."""
    return wire.certificates([enrol.reenrol(ra, _client_certificate(request), body)])


@router.post("/fullcmc")
@router.post("/{label}/fullcmc")
def full_cmc(ra: TheRa, body: RequestBody) -> Response:
    """By a Full PKI Request; RFC 7030 section 4.3.2 wants a CMC answer to failures, too."""
    answered = cmc.answer(ra, body)
    return wire.respond(answered.der, wire.CMC_RESPONSE, 200 if answered.is_success else 400)
