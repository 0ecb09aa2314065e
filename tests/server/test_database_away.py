"""The database goes away, is full or may not be written: everyone is told to come again, and nothing is half-done."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from httpx2 import Response
from sqlalchemy import event
from starlette.testclient import TestClient

from server_stub import housekeeping, issuing
from server_stub.db.errors import DatabaseAway
from server_stub.ra import Ra
from server_stub.seals import Notary
from server_stub.settings import Settings
from tests.server.est import harbour
from tests.server.test_access import OWN, acts, send
from tests.server.world import PASSWORD, Caller
from tests.support import postgres
from tests.support.postgres import Cluster

KEY = {"Idempotency-Key": "k" * 16}
OFFICER = {"name": "may", "password": PASSWORD, "code": "000000"}
SESSION = {"unit": "exchange", "account": "alice", "password": PASSWORD}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """On PostgreSQL where the test wants a cluster; with a unit that speaks EST."""
    settings = replace(settings, extra_units=(harbour.write_unit(tmp_path / "units"),))
    if "cluster" not in request.fixturenames:
        return settings
    return replace(settings, database=request.getfixturevalue("cluster").new_database())


def open_to_all(client: TestClient) -> list[Response]:
    """One question to each door that leads to the database."""
    return [
        *(client.get(path) for path in ("/health", "/ca/issuing.crl", "/api/v1/info")),
        client.post("/ocsp", content=b"0"),
        client.post("/api/v1/captchas", json={"unit": "exchange"}, headers=KEY),
        client.post("/api/v1/sessions", json=SESSION, headers=KEY),
        client.post("/api/v1/officer/sessions", json=OFFICER, headers=KEY),
        client.post("/.well-known/est/harbour/simpleenroll", content=b"MAA=", auth=("alice", PASSWORD)),
    ]  # fmt: skip


def assert_told(answer: Response) -> None:
    told = answer.json()
    assert (answer.status_code, told["status"], told["code"]) == (503, 503, "R106"), answer.request.url
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) == told["retry_after"] > 0


@postgres.NEEDED
def test_everyone_is_told_and_it_heals_by_itself(client: TestClient, alice: Caller, cluster: Cluster) -> None:
    asked = [*acts(alice), *OWN]
    assert client.get("/health").status_code == 200
    cluster.stop(signal.SIGQUIT)
    try:
        for answer in [*open_to_all(client), *(send(alice, act) for act in asked)]:
            assert_told(answer)
        for path in ("/ca/issuing.cer", "/api/v1/units", "/.well-known/est/cacerts"):
            assert client.get(path).status_code == 200, "what needs no database"
    finally:
        cluster.start()
    assert client.get("/health").json() == {"status": "ok"}
    assert alice.issue()["state"] == "issued"


@postgres.NEEDED
def test_lost_between_intent_and_certificate(
    alice: Caller, ra: Ra, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, key = alice.order()["id"], alice.fresh_key()
    alice.authorise(order)

    def sign(*arguments: object) -> object:
        cluster.stop(signal.SIGQUIT)
        return really(*arguments)

    really: Callable[..., object] = issuing.sign
    with monkeypatch.context() as patch:
        patch.setattr(issuing, "sign", sign)
        try:
            assert_told(alice.request(order, key))
        finally:
            cluster.start()
    assert alice.request(order, key).json()["state"] == "issued"
    assert_one_whole_certificate(ra)


def assert_one_whole_certificate(ra: Ra) -> None:
    with ra.act(write=False) as act:
        rows = act.db.connection().exec_driver_sql("SELECT state, pem IS NULL FROM certificates").all()
        assert [tuple(row) for row in rows] == [("valid", False)]
        Notary.open(ra.settings.data).verify(act.db)


def pragma(ra: Ra, text: str) -> None:
    """On every connection from now on."""

    def set_it(connection: sqlite3.Connection, _entry: object) -> None:
        connection.execute(f"PRAGMA {text}")

    ra.database.engine.dispose()
    event.listen(ra.database.engine, "connect", set_it)


@pytest.mark.parametrize(
    ("ill", "well"), [("max_page_count=1", "max_page_count=1000000"), ("query_only=ON", "query_only=OFF")]
)
def test_a_full_or_read_only_disk(alice: Caller, ra: Ra, client: TestClient, ill: str, well: str) -> None:
    """SQLite fails as with a full disk when it may not have another page, and as with a disk that is read-only."""
    order = alice.order()["id"]
    alice.authorise(order)
    key = alice.fresh_key()
    pragma(ra, ill)
    answer = alice.request(order, key)
    assert_told(answer)
    assert alice.get(f"/orders/{order}").json()["state"] == "authorised", "reading goes on"
    assert client.get("/health").status_code == 200
    pragma(ra, well)
    assert alice.request(order, key).json()["state"] == "issued"
    assert_one_whole_certificate(ra)


def test_signed_heads_wait_for_room(alice: Caller, ra: Ra, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line is whole or not there, and the housekeeper comes again."""
    notary = Notary.open(ra.settings.data)
    notary.seal(ra)
    before = notary.file.read_bytes()
    alice.order()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", no_room)
        housekeeping.attempt(lambda: notary.seal(ra))
    assert notary.file.read_bytes() == before
    notary.seal(ra)
    assert len(notary.file.read_bytes().splitlines()) == len(before.splitlines()) + 1
    with ra.act(write=False) as act:
        notary.verify(act.db)


@pytest.mark.parametrize(
    ("fault", "level", "told"),
    [
        (DatabaseAway(), "WARNING", "housekeeping-put-off"),
        (OSError(errno.ENOSPC, "no room"), "WARNING", "housekeeping-put-off"),
        (KeyError("ours"), "ERROR", "defect"),
    ],
)
def test_the_house_is_kept_on_and_a_defect_is_told_from_what_passes(
    fault: Exception, level: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise fault

    housekeeping.attempt(fail)
    assert [(record.levelname, record.message) for record in caplog.records] == [(level, told)]


def no_room(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, "no room")
