"""Demo mode: the clock moves, and the server misbehaves on order, as often as ordered."""

from __future__ import annotations

import pytest
from cryptography import x509
from fastapi import FastAPI
from starlette.testclient import TestClient

from server_stub.app import create_app
from server_stub.demo import faults
from server_stub.demo.faults import ConnectionCut
from server_stub.settings import Settings
from tests.server.world import ORIGIN, Caller


def order_fault(client: TestClient, name: str, count: int = 1) -> None:
    assert client.post("/demo/faults", json={"fault": name, "count": count}).status_code == 204


def test_the_clock_advances_for_everyone(client: TestClient) -> None:
    before = client.get("/api/v1/info").json()["time"]
    after = client.post("/demo/clock", json={"advance_seconds": 86400 * 40}).json()["time"]
    assert client.get("/api/v1/info").json()["time"] >= after > before
    assert client.post("/demo/clock", json={"advance_seconds": -1}).json()["code"] == "R108"


def test_faults_happen_as_often_as_ordered_and_can_be_cleared(client: TestClient) -> None:
    order_fault(client, "status-502", 2)
    assert [client.get("/api/v1/info").status_code for _ in range(3)] == [502, 502, 200]
    order_fault(client, "html", 5)
    answer = client.get("/api/v1/info")
    assert answer.headers["Content-Type"] == "text/html"
    client.delete("/demo/faults")
    assert client.get("/api/v1/info").json()["practice"] is True
    assert client.post("/demo/faults", json={"fault": "none", "count": 1}).json()["code"] == "R108"


def test_answers_are_spoiled(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    order_fault(client, "oversized")
    assert len(client.get("/api/v1/info").content) > 4_000_000
    monkeypatch.setattr(faults, "_SLOW_SECONDS", 0)
    order_fault(client, "slow")
    assert client.get("/api/v1/info").status_code == 200


def test_a_session_can_seem_expired(client: TestClient, alice: Caller) -> None:
    order_fault(client, "session-expired")
    assert client.get("/api/v1/info").status_code == 200
    assert alice.get("/account").json()["code"] == "R206"
    assert alice.get("/account").status_code == 200


def test_dropped_before_is_not_done_and_dropped_after_is(client: TestClient, alice: Caller) -> None:
    body = {"kind": "apply", "card_id": alice.card.card_id, **alice.terms()}
    order_fault(client, "drop-before")
    with pytest.raises(ConnectionCut):
        alice.post("/orders", body)
    assert alice.get("/orders").json() == {"orders": []}
    order_fault(client, "drop-after-commit")
    with pytest.raises(ConnectionCut):
        alice.post("/orders", body)
    assert len(alice.get("/orders").json()["orders"]) == 1


@pytest.mark.parametrize("name", ["wrong-key", "expired-certificate", "foreign-chain"])
def test_false_certificates_wait_for_an_answer_with_one(client: TestClient, alice: Caller, name: str) -> None:
    order = alice.order()["id"]
    alice.authorise(order)
    order_fault(client, name)
    assert alice.get(f"/orders/{order}").json()["certificate"] is None
    forged = x509.load_pem_x509_certificate(alice.request(order).json()["certificate"].encode())
    genuine = x509.load_pem_x509_certificate(alice.get(f"/orders/{order}").json()["certificate"].encode())
    is_ours = forged.issuer == genuine.issuer
    assert (forged.public_key() == genuine.public_key()) == (name != "wrong-key")
    assert (forged.not_valid_after_utc < genuine.not_valid_before_utc) == (name == "expired-certificate")
    assert is_ours == (name != "foreign-chain")


def test_in_earnest_there_is_neither_clock_nor_fault_nor_answer(
    settings: Settings, ca_folder: object
) -> None:
    earnest = Settings(data=settings.data / "earnest", url=ORIGIN)
    app: FastAPI = create_app(earnest)
    with TestClient(app, base_url=ORIGIN) as client:
        assert client.post("/demo/clock", json={"advance_seconds": 1}).json()["code"] == "R303"
        assert client.post("/demo/faults", json={"fault": "html", "count": 1}).status_code == 404
        headers = {"Idempotency-Key": Caller.fresh_key()}
        made = client.post("/api/v1/captchas", json={"unit": "exchange"}, headers=headers)
        assert made.status_code == 201
        assert "X-Demo-Captcha" not in made.headers
        assert client.get("/api/v1/info").json()["practice"] is False
        assert not any(path.startswith("/demo") for path in client.get("/openapi.json").json()["paths"])
