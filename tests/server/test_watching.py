"""Numbers for whoever runs the RA: right, without names, and for this machine alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from server_stub.ra import Ra
from tests.server.world import ORIGIN, World


@pytest.fixture
def local(app: FastAPI, ra: Ra) -> Iterator[TestClient]:
    app.state.ra = ra
    with TestClient(app, base_url=ORIGIN, client=("127.0.0.1", 50000)) as client:
        yield client


def numbers(local: TestClient) -> dict[str, float]:
    """Every sample by its name and state."""
    answer = local.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(answer.text)
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in families
        for sample in family.samples
    }


def test_what_happens_is_counted(local: TestClient, ra: Ra) -> None:
    before = numbers(local)
    world = World(local, ra)
    world.sign_in(world.customer("ada"))
    after = numbers(local)
    assert after["cardtool_ra_sessions"] == before["cardtool_ra_sessions"] + 1
    assert after["cardtool_ra_audit_entries_total"] > before["cardtool_ra_audit_entries_total"]
    assert after["cardtool_ra_issuing_certificate_expires_seconds"] > 0


def test_nobody_is_named(local: TestClient, ra: Ra) -> None:
    world = World(local, ra)
    world.sign_in(world.customer("ada"))
    assert "ada" not in local.get("/metrics").text


@pytest.mark.parametrize("address", ["192.0.2.7", "testclient", "::ffff:192.0.2.7"])
def test_others_find_no_such_page(app: FastAPI, ra: Ra, address: str) -> None:
    app.state.ra = ra
    with TestClient(app, base_url=ORIGIN, client=(address, 50000)) as client:
        answer = client.get("/metrics")
    assert (answer.status_code, answer.json()["code"]) == (404, "R303")


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP"])
def test_what_a_proxy_passes_on_is_not_local(local: TestClient, header: str) -> None:
    assert local.get("/metrics", headers={header: "192.0.2.7"}).status_code == 404


def test_health_needs_the_ca_key(local: TestClient, ra: Ra, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> bytes:
        raise OSError("the token was pulled")

    monkeypatch.setattr(type(ra.authority), "crl", gone)
    quiet = TestClient(local.app, base_url=ORIGIN, raise_server_exceptions=False)
    assert quiet.get("/health").status_code == 500
