"""Renewal by the JSON API: when it opens, the old key's word for the new one, and one successor only (spec 1.3)."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from httpx2 import Response

from server_stub.officers import Role
from tests.server.world import Caller, World, spki

NEARLY_TWO_YEARS = 720 * 86400
NEW_KEY = rsa.generate_private_key(65537, 2048)


@pytest.fixture
def late(world: World, alice: Caller, serial: str) -> Caller:
    """Alice within the window for ``serial``."""
    world.advance(NEARLY_TWO_YEARS)
    return world.sign_in(alice.person)


@pytest.fixture(params=["password", "card"])
def either(world: World, late: Caller, serial: str, request: pytest.FixtureRequest) -> Caller:
    """As ``late``, signed in either way."""
    return late if request.param == "password" else world.sign_in(late.person, certificate=serial)


def renew(caller: Caller, serial: str) -> Response:
    return caller.post("/orders", {"kind": "renew", "renews": serial, **caller.terms()})


def ask(caller: Caller, order: str, **members: str) -> Response:
    """For a new key on the card; the old one, which signs, is what the card had."""
    old, caller.card.signing_key = caller.card.signing_key, NEW_KEY
    try:
        digest = hashlib.sha256(spki(NEW_KEY.public_key())).hexdigest()
        about = {"key_sha256": digest, "order": order, "type": "renewal", **members}
        signed: dict[str, Any] = {"csr": caller.card.csr(), "authorisation": caller.signed(old, **about)}
        return caller.post(f"/orders/{order}/request", signed)
    finally:
        caller.card.signing_key = old


def test_a_card_gets_its_successor(either: Caller, serial: str) -> None:
    made = renew(either, serial)
    assert (made.status_code, made.json()["state"], made.json()["kind"]) == (201, "created", "renew")
    order = made.json()["id"]
    assert renew(either, serial).json()["id"] == order
    assert either.authorise(order, "renew")["state"] == "authorised"
    issued = ask(either, order).json()
    assert issued["state"] == "issued"
    assert ask(either, order).json()["certificate"] == issued["certificate"], "an answer may be lost"
    either.card.signing_key = NEW_KEY
    assert either.stored(order, issued["certificate"]).json()["state"] == "stored"
    assert (renew(either, serial).status_code, renew(either, serial).json()["id"]) == (200, order)


def test_only_the_old_key_authorises_only_this(either: Caller, serial: str) -> None:
    order = renew(either, serial).json()["id"]
    either.authorise(order, "renew")
    assert ask(either, order, key_sha256="0" * 64).json()["code"] == "R307"
    assert ask(either, order, type="stored").json()["code"] == "R307"
    bare = either.post(f"/orders/{order}/request", {"csr": either.card.csr()})
    assert (bare.json()["code"], bare.json()["field"]) == ("R108", "authorisation")
    old, either.card.signing_key = either.card.signing_key, rsa.generate_private_key(65537, 2048)
    assert ask(either, order).json()["code"] == "R307"
    either.card.signing_key = old
    assert ask(either, order).json()["state"] == "issued"


def test_a_verification_for_another_purpose_is_not_enough(late: Caller, serial: str) -> None:
    order = renew(late, serial).json()["id"]
    answer = late.post(f"/orders/{order}/relays", {"verification": late.verification("apply")})
    assert answer.json()["code"] == "R307"


def test_not_before_the_window_and_not_what_is_on_hold(world: World, alice: Caller, serial: str) -> None:
    assert renew(alice, serial).json()["state"] == "too-early"
    assert alice.post("/orders", {"kind": "renew", **alice.terms()}).json()["field"] == "renews"
    world.advance(NEARLY_TWO_YEARS)
    registrar = world.officer_caller("may", Role.REGISTRAR)
    registrar.post(f"/certificates/{serial}/suspension", {"form": "R-1"})
    late = world.sign_in(alice.person)
    assert renew(late, serial).json()["state"] == "on-hold"


def test_suspended_meanwhile_it_goes_no_further(world: World, late: Caller, serial: str) -> None:
    order = renew(late, serial).json()["id"]
    late.authorise(order, "renew")
    registrar = world.officer_caller("may", Role.REGISTRAR)
    registrar.post(f"/certificates/{serial}/suspension", {"form": "R-1"})
    assert ask(late, order).json()["state"] == "on-hold"


def test_an_order_that_was_cancelled_makes_room(either: Caller, serial: str) -> None:
    order = renew(either, serial).json()["id"]
    assert either.delete(f"/orders/{order}").json()["state"] == "cancelled"
    assert renew(either, serial).json()["id"] != order
