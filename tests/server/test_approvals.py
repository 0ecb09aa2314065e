"""What restores a card secret takes two officers: who may, in which order, and for how long (spec 4.1, 4.3)."""

from __future__ import annotations

import pytest
from httpx2 import Response
from sqlalchemy import select

from server_stub.db.models import AuditEntry
from server_stub.officers import Role
from tests.server.world import Caller, OfficerCaller, World


@pytest.fixture
def registrar(world: World) -> OfficerCaller:
    return world.officer_caller("rita", Role.REGISTRAR)


@pytest.fixture
def approver(world: World) -> OfficerCaller:
    return world.officer_caller("otto", Role.APPROVER)


def request(registrar: OfficerCaller, caller: Caller) -> Response:
    body = {"kind": "pin-reset", "card_id": caller.card.card_id, "form": "P-7"}
    return registrar.post("/approvals", body)


def reset_until(caller: Caller) -> object:
    return caller.get(f"/cards?key={caller.card.fingerprint}").json()["pin_reset_until"]


def test_one_requests_and_another_confirms(
    world: World, alice: Caller, registrar: OfficerCaller, approver: OfficerCaller
) -> None:
    made = request(registrar, alice)
    assert (made.status_code, made.json()["state"]) == (201, "requested")
    assert reset_until(alice) is None
    confirmed = approver.post(f"/approvals/{made.json()['id']}/confirmation", None).json()
    assert (confirmed["state"], confirmed["requested_by"], confirmed["decided_by"]) == (
        "confirmed",
        "rita",
        "otto",
    )
    assert reset_until(alice) == confirmed["expires_at"]
    with world.ra.act(write=False) as act:
        entries = act.db.scalars(select(AuditEntry).where(AuditEntry.action.like("approval.%")))
        told = [(entry.actor, entry.action) for entry in entries]
    assert told == [("officer/rita", "approval.requested"), ("officer/otto", "approval.confirmed")]


def test_nobody_confirms_a_request_of_their_own(alice: Caller, world: World) -> None:
    both = world.officer_caller("bea", Role.REGISTRAR, Role.APPROVER)
    made = request(both, alice).json()
    answer = both.post(f"/approvals/{made['id']}/confirmation", None)
    assert (answer.status_code, answer.json()["code"]) == (403, "R208")
    assert both.post(f"/approvals/{made['id']}/refusal", None).json()["state"] == "refused", (
        "but withdraws it"
    )


def test_what_was_decided_stays_so(alice: Caller, registrar: OfficerCaller, approver: OfficerCaller) -> None:
    made = request(registrar, alice).json()
    key = Caller.fresh_key()
    path = f"/approvals/{made['id']}"
    first = approver.post(f"{path}/confirmation", None, key)
    assert approver.post(f"{path}/confirmation", None, key).content == first.content
    for act in ("confirmation", "refusal"):
        assert approver.post(f"{path}/{act}", None).json()["state"] == "confirmed"
    assert request(registrar, alice).json()["state"] == "confirmed", "one at a time for a card"


def test_a_refused_request_approves_nothing_and_bars_nothing(
    alice: Caller, registrar: OfficerCaller, approver: OfficerCaller
) -> None:
    made = request(registrar, alice).json()
    approver.post(f"/approvals/{made['id']}/refusal", None)
    assert reset_until(alice) is None
    assert approver.get("/approvals").json() == {"approvals": []}
    assert request(registrar, alice).status_code == 201


def test_requests_and_approvals_expire(world: World, alice: Caller, registrar: OfficerCaller) -> None:
    made = request(registrar, alice).json()
    world.advance(86400)
    later = world.officer_caller("olga", Role.APPROVER)
    answer = later.post(f"/approvals/{made['id']}/confirmation", None)
    assert (answer.status_code, answer.json()["state"]) == (409, "expired")
    again = request(world.officer_caller("rolf", Role.REGISTRAR), alice).json()
    later.post(f"/approvals/{again['id']}/confirmation", None)
    world.advance(86400)
    assert reset_until(world.sign_in(alice.person)) is None


def test_never_for_a_suspended_customer(
    world: World, alice: Caller, registrar: OfficerCaller, approver: OfficerCaller
) -> None:
    made = request(registrar, alice).json()
    for _ in range(3):
        world.try_sign_in("alice", "Wrong1234")
    answer = approver.post(f"/approvals/{made['id']}/confirmation", None)
    assert (answer.status_code, answer.json()["state"]) == (409, "suspended")
    approver.post(f"/approvals/{made['id']}/refusal", None)
    assert request(registrar, alice).json()["state"] == "suspended"
