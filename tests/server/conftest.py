"""A server in a temporary folder with two customers, and software cards that answer as real ones would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from server_stub.app import create_app
from server_stub.ca.authority import Authority
from server_stub.ra import Ra
from server_stub.settings import WIDE, Settings
from tests.server.world import ORIGIN, Caller, World


@pytest.fixture(scope="session")
def ca_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One CA for all tests: making RSA-3072 keys takes long."""
    folder = tmp_path_factory.mktemp("data") / "ca"
    Authority.open(folder, name="CardTool RA", practice=True)
    return folder


@pytest.fixture
def settings(tmp_path: Path, ca_folder: Path) -> Settings:
    data = tmp_path / "data"
    data.mkdir()
    (data / "ca").symlink_to(ca_folder)
    return Settings(data=data, url=ORIGIN, demo=True, limits=WIDE)


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings), base_url=ORIGIN) as client:
        yield client


@pytest.fixture
def ra(client: TestClient) -> Ra:
    ra = client.app.state.ra  # type: ignore[attr-defined]
    assert isinstance(ra, Ra)
    return ra


@pytest.fixture
def world(client: TestClient, ra: Ra) -> World:
    return World(client, ra)


@pytest.fixture
def alice(world: World) -> Caller:
    """An approved customer with one card, signed in."""
    return world.sign_in(world.customer("alice"))


@pytest.fixture
def bob(world: World) -> Caller:
    """Another approved customer of the same unit."""
    return world.sign_in(world.customer("bob"))
