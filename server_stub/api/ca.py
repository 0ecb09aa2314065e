"""Outside the versioned API: CA certificates and revocation list where certificates say, and health."""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import APIRouter, Response
from sqlalchemy import select, text

from server_stub.api.calls import TheRa
from server_stub.api.shapes import Shape
from server_stub.ca.authority import RevokedEntry
from server_stub.db.models import Certificate

router = APIRouter(tags=["ca"])


class Health(Shape):
    status: str


def _binary(media_type: str) -> dict[int | str, dict[str, object]]:
    schema = {"type": "string", "format": "binary"}
    return {200: {"description": "DER", "content": {media_type: {"schema": schema}}}}


@router.get("/ca/issuing.cer", response_class=Response, responses=_binary("application/pkix-cert"))
def issuing_certificate(ra: TheRa) -> Response:
    return Response(ra.authority.chain[0].public_bytes(Encoding.DER), media_type="application/pkix-cert")


@router.get("/ca/root.cer", response_class=Response, responses=_binary("application/pkix-cert"))
def root_certificate(ra: TheRa) -> Response:
    return Response(ra.authority.chain[1].public_bytes(Encoding.DER), media_type="application/pkix-cert")


@router.get("/ca/issuing.crl", response_class=Response, responses=_binary("application/pkix-crl"))
def revocation_list(ra: TheRa) -> Response:
    """Made anew for every question: a revocation is visible at once."""
    with ra.act(write=False) as act:
        rows = act.db.scalars(select(Certificate).where(Certificate.revoked_at.is_not(None)))
        entries = [
            RevokedEntry(int(row.serial, 16), row.revoked_at, row.reason or "unspecified")
            for row in rows
            if row.revoked_at
        ]
        now = act.now
    return Response(ra.authority.crl(entries, now), media_type="application/pkix-crl")


@router.get("/health")
def health(ra: TheRa) -> Health:
    with ra.act(write=False) as act:
        act.db.execute(text("SELECT 1"))
    return Health(status="ok")
