"""A unit for keys in files that lets programs enrol, and a server that has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from server_stub.app import build, open_ra
from server_stub.protocol import TLS
from server_stub.settings import Settings
from tests.server.est.harbour import write_unit
from tests.server.world import ORIGIN, World


class Wire:
    """The server behind TLS that has proven ``certificate`` (PEM) of the client, if any."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.certificate = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        chain = [self.certificate] if self.certificate else []
        scope["extensions"] = {**scope.get("extensions", {}), TLS: {"client_cert_chain": chain}}
        await self.app(scope, receive, send)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    return write_unit(tmp_path / "units")


@pytest.fixture
def wire(settings: Settings, units: Path) -> Wire:
    ra = open_ra(replace(settings, extra_units=(units,)))
    return Wire(build(ra))


@pytest.fixture
def client(wire: Wire) -> Iterator[TestClient]:
    with TestClient(wire, base_url=ORIGIN) as client:
        yield client


@pytest.fixture
def world(client: TestClient, wire: Wire) -> World:
    return World(client, wire.app.state.ra)
