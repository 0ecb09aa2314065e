"""For whoever runs the RA: is it well, and how much does it do. On this machine only, and not behind a proxy."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from server_stub.api.answers import problems
from server_stub.api.calls import TheRa
from server_stub.metrics import exposition
from server_stub.problems import Code, Problem

router = APIRouter(tags=["watching"])
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
"""A proxy on this machine makes every caller look local; it names who really asks."""


def _only_from_here(request: Request) -> None:
    """Others are told that there is no such page. Raises Problem."""
    host = request.client.host if request.client else ""
    if not _is_loopback(host) or any(name in request.headers for name in FORWARDED):
        raise Problem(Code.NOT_FOUND)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {
            "description": "Prometheus text format",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
        **problems(Code.NOT_FOUND),
    },
)
def metrics(ra: TheRa, _local: Annotated[None, Depends(_only_from_here)]) -> Response:
    return Response(exposition(ra), headers={"Content-Type": CONTENT_TYPE_LATEST})
