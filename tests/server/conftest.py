"""A server in a temporary folder with two customers, and software cards that answer as real ones would."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from server_stub.app import create_app, open_ra
from server_stub.ca.authority import Authority
from server_stub.db.engine import Database
from server_stub.db.migrate import migrate
from server_stub.ra import Ra
from server_stub.settings import WIDE, Settings
from tests.server.world import ORIGIN, Caller, World
from tests.support import postgres
from tests.support import softhsm as softhsm_token
from tests.support.postgres import Cluster


@pytest.fixture(scope="session")
def ca_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One CA for all tests: making RSA-3072 keys takes long."""
    folder = tmp_path_factory.mktemp("data") / "ca"
    Authority.open(folder, name="CardTool RA", practice=True)
    return folder


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated once; each test gets a copy."""
    path = tmp_path_factory.mktemp("database") / "ra.sqlite"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """PostgreSQL, for tests that bear the mark ``postgres.NEEDED``."""
    with postgres.running() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A token, for tests that bear the mark ``softhsm.NEEDED``."""
    softhsm_token.make(tmp_path_factory.mktemp("softhsm"))


@pytest.fixture
def settings(tmp_path: Path, ca_folder: Path, empty_database: Path) -> Settings:
    data = tmp_path / "data"
    data.mkdir()
    (data / "ca").symlink_to(ca_folder)
    shutil.copy(empty_database, data)
    return Settings(data=data, url=ORIGIN, demo=True, limits=WIDE)


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory, ca_folder: Path) -> FastAPI:
    """Routes are built once; each test puts its own RA behind them."""
    data = tmp_path_factory.mktemp("app")
    (data / "ca").symlink_to(ca_folder)
    app = create_app(Settings(data=data, url=ORIGIN, demo=True))
    app.state.ra.close()
    return app


@pytest.fixture
def ra(settings: Settings) -> Ra:
    return open_ra(settings)


@pytest.fixture
def client(app: FastAPI, ra: Ra) -> Iterator[TestClient]:
    app.state.ra = ra
    with TestClient(app, base_url=ORIGIN) as client:
        yield client


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


@pytest.fixture
def serial(alice: Caller) -> str:
    """Of alice's one certificate, which is on her card."""
    order = alice.issue()
    alice.stored(order["id"], order["certificate"])
    (certificate,) = alice.get("/certificates").json()["certificates"]
    return str(certificate["serial"])
