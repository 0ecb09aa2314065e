"""Outside the versioned API: CA certificates, revocation lists and OCSP where certificates say, and health."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import APIRouter, Depends, Request, Response

from server_stub import standing
from server_stub.api.answers import problems
from server_stub.api.calls import TheRa
from server_stub.api.shapes import Shape
from server_stub.problems import Code, Problem
from server_stub.ra import Act, Ra

router = APIRouter(tags=["ca"])
CERTIFICATE, LIST = "application/pkix-cert", "application/pkix-crl"
QUESTION, ANSWER = "application/ocsp-request", "application/ocsp-response"
_BINARY = {"type": "string", "format": "binary"}


class Health(Shape):
    status: str


def _binary(media_type: str) -> dict[int | str, dict[str, object]]:
    return {200: {"description": "DER", "content": {media_type: {"schema": _BINARY}}}}


@router.get("/ca/issuing.cer", response_class=Response, responses=_binary(CERTIFICATE))
def issuing_certificate(ra: TheRa) -> Response:
    return Response(ra.authority.chain[0].public_bytes(Encoding.DER), media_type=CERTIFICATE)


@router.get("/ca/root.cer", response_class=Response, responses=_binary(CERTIFICATE))
def root_certificate(ra: TheRa) -> Response:
    return Response(ra.authority.chain[1].public_bytes(Encoding.DER), media_type=CERTIFICATE)


@router.get("/ca/issuing.crl", response_class=Response, responses=_binary(LIST))
def revocation_list(ra: TheRa) -> Response:
    """Signed anew after every change, and from time to time."""
    with ra.act(write=False) as act:
        return Response(_list(ra, act), media_type=LIST)


def _list(ra: Ra, act: Act) -> bytes:
    return ra.kept_list.get(
        standing.version(act), act.now, lambda: ra.authority.crl(standing.entries(act), act.now)
    )


@router.get("/ca/root.crl", response_class=Response, responses={**_binary(LIST), **problems(Code.NOT_FOUND)})
def root_list(ra: TheRa) -> Response:
    with ra.act(write=False) as act:
        now = act.now
    try:
        return Response(ra.authority.root_crl(now), media_type=LIST)
    except FileNotFoundError as error:  # the root's key is kept elsewhere, and its list was not brought here
        raise Problem(Code.NOT_FOUND) from error


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post(
    "/ocsp",
    response_class=Response,
    responses=_binary(ANSWER),
    openapi_extra={"requestBody": {"required": True, "content": {QUESTION: {"schema": _BINARY}}}},
)
def ask_by_post(ra: TheRa, question: Annotated[bytes, Depends(_body)]) -> Response:
    """RFC 6960: whatever comes, an OCSPResponse goes back."""
    return _answer(ra, question)


@router.get("/ocsp/{question:path}", response_class=Response, responses=_binary(ANSWER))
def ask_by_get(ra: TheRa, question: str) -> Response:
    """RFC 6960 appendix A.1: base64 of the request, percent-encoded."""
    try:
        return _answer(ra, base64.b64decode(question, validate=True))
    except (binascii.Error, ValueError):
        return _answer(ra, b"")


def _answer(ra: Ra, question: bytes) -> Response:
    with ra.act(write=False) as act:
        der = ra.responder.answer(question, lambda serial: standing.look_up(act, serial), act.now)
    return Response(der, media_type=ANSWER)


@router.get("/health")
def health(ra: TheRa) -> Health:
    """The database answers, and the CA's key has signed the list of the hour."""
    with ra.act(write=False) as act:
        _list(ra, act)
    return Health(status="ok")
