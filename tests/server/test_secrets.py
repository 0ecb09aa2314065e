"""No secret in the log, in the database, or in an answer that did not ask for it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from server_stub.logs import JsonLines
from server_stub.ra import Ra
from tests.server.world import PASSWORD, Caller, World


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def walk(world: World, caller: Caller) -> list[str]:
    """A whole application with some failures; gives back every secret it used."""
    captcha = world.captcha()
    signed_in = world.try_sign_in("alice", PASSWORD, captcha=captcha).json()
    world.try_sign_in("alice", "Wr0ngSecret")
    world.try_sign_in("Passw0rdAsAccount", "Wr0ngSecret")
    issued = caller.issue()
    caller.stored(issued["id"], issued["certificate"])
    caller.put("/account/password", {"old": PASSWORD, "new": "Another1pass"})
    order = world.sign_in(world.customer("bob"))
    relay = order.relay(order.order()["id"])
    challenge = order.witness(relay).json()["challenge"]
    secrets = [PASSWORD, "Wr0ngSecret", "Passw0rdAsAccount", "Another1pass", signed_in["token"], caller.token]
    return [*secrets, challenge, caller.card.admin_key.hex(), order.card.witness.hex()]


def test_no_secret_is_logged_or_stored(world: World, alice: Caller, ra: Ra, log: io.StringIO) -> None:
    secrets = walk(world, alice)
    logged = log.getvalue()
    assert '"event": "request"' in logged
    files = [path for path in ra.settings.data.rglob("*") if path.is_file() and "ca" not in path.parts]
    stored = b"".join(path.read_bytes() for path in files)
    assert b"exchange" in stored
    for secret in secrets:
        assert secret not in logged
        assert secret.encode() not in stored
        if all(character in "0123456789abcdef" for character in secret):
            assert bytes.fromhex(secret) not in stored


def test_captcha_answers_are_not_stored_in_clear(world: World, ra: Ra) -> None:
    captcha = world.captcha()
    with ra.act(write=False) as act:
        rows = act.db.connection().exec_driver_sql("SELECT * FROM captchas").all()
    assert len(rows) == 1
    assert captcha["answer"] not in [str(value) for value in rows[0]]


def test_a_log_line_names_the_route_and_nothing_of_the_request(
    client: TestClient, alice: Caller, log: io.StringIO
) -> None:
    alice.get(f"/cards?key={'a' * 64}")
    alice.get(f"/orders/{'b' * 32}")
    lines = [json.loads(line) for line in log.getvalue().splitlines() if "server_stub" not in line]
    requests = [line for line in lines if line["event"] == "request"]
    assert [line["path"] for line in requests] == ["/cards", "/orders/{order_id}"]
    assert [line["problem"] for line in requests] == ["R303", "R303"]
    assert "aaaa" not in log.getvalue()
    assert "bbbb" not in log.getvalue()


def test_an_exception_is_logged_by_its_class_only(
    client: TestClient, alice: Caller, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("the PIN is 123456")

    monkeypatch.setattr("server_stub.api.account._account", broken)
    quiet = TestClient(client.app, base_url=str(client.base_url), raise_server_exceptions=False)
    answer = Caller(quiet, alice.person, alice.token).get("/account")
    assert (answer.status_code, answer.json()["code"]) == (500, "R105")
    assert "123456" not in answer.text + log.getvalue()
    assert "ValueError" in log.getvalue()
