"""After the certificate is made: activation, another download; and the slip's one-time code before it (spec 1.3)."""

from __future__ import annotations

from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import select

from server_stub.db.models import AuditEntry
from server_stub.officers import Role
from tests.server.world import Caller, OfficerCaller, World

FORM = {"form": "R-2026/18"}


@pytest.fixture
def registrar(world: World) -> OfficerCaller:
    return world.officer_caller("may", Role.REGISTRAR)


def delivered(caller: Caller) -> dict[str, Any]:
    order = caller.issue()
    assert caller.stored(order["id"], order["certificate"]).status_code == 200
    return order


def state_of(caller: Caller) -> str:
    (certificate,) = caller.get("/certificates").json()["certificates"]
    return str(certificate["state"])


def apply_for_file(caller: Caller, **more: str) -> Response:
    return caller.post("/orders", {"kind": "apply", **caller.terms(), **more})


def test_on_hold_from_the_first_moment_until_activated(
    world: World, alice: Caller, registrar: OfficerCaller
) -> None:
    world.let_units(activation=True)
    order = alice.issue()
    assert state_of(alice) == "on-hold"
    early = alice.activate(order)
    assert (early.status_code, early.json()["state"]) == (409, "issued"), "stored first"
    alice.stored(order["id"], order["certificate"])
    (found,) = registrar.get("/certificates?identifier=ID-alice").json()["certificates"]
    resumed = registrar.post(f"/certificates/{found['serial']}/resumption", FORM)
    assert (resumed.status_code, resumed.json()["state"]) == (409, "not-activated")
    assert alice.activate(order).json()["state"] == "activated"
    assert state_of(alice) == "valid"


def test_activation_takes_site_password_and_key(world: World, alice: Caller) -> None:
    world.let_units(activation=True)
    order = delivered(alice)
    assert alice.activate(order, "Wrong1234").json()["attempts_left"] == 2
    assert alice.activate(order, type="stored").json()["code"] == "R307"
    assert state_of(alice) == "on-hold"
    wrong = [alice.activate(order, "Wrong1234").json()["code"] for _ in range(3)]
    assert wrong == ["R201", "R201", "R204"], "consecutive errors count as at sign-in"


def test_activation_never_ends_a_later_suspension(
    world: World, alice: Caller, registrar: OfficerCaller
) -> None:
    world.let_units(activation=True)
    order = delivered(alice)
    alice.activate(order)
    (found,) = registrar.get("/certificates?identifier=ID-alice").json()["certificates"]
    registrar.post(f"/certificates/{found['serial']}/suspension", FORM)
    assert alice.activate(order).json()["state"] == "activated", "again is no error"
    assert state_of(alice) == "on-hold"
    assert registrar.post(f"/certificates/{found['serial']}/resumption", FORM).json()["state"] == "valid"


def test_what_was_revoked_is_not_activated(world: World, alice: Caller, registrar: OfficerCaller) -> None:
    world.let_units(activation=True)
    order = delivered(alice)
    (found,) = registrar.get("/certificates?identifier=ID-alice").json()["certificates"]
    registrar.post(f"/certificates/{found['serial']}/revocation", {**FORM, "reason": "superseded"})
    assert alice.activate(order).status_code == 409
    assert state_of(alice) == "revoked"


def test_without_the_rule_there_is_nothing_to_activate(alice: Caller) -> None:
    order = delivered(alice)
    assert state_of(alice) == "valid"
    assert alice.activate(order).json()["state"] == "stored"


def slip(registrar: OfficerCaller) -> str:
    answer = registrar.post("/enrolment-codes", {**FORM, "unit": "exchange", "account": "alice"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["code"])


def test_a_code_is_for_one_application(world: World, alice: Caller, registrar: OfficerCaller) -> None:
    world.let_units(enrolment_code=True)
    code = slip(registrar)
    assert apply_for_file(alice).json()["field"] == "code"
    refused = apply_for_file(alice, code=code.swapcase())
    assert (refused.status_code, refused.json()["code"], refused.json()["attempts_left"]) == (403, "R209", 4)
    order = apply_for_file(alice, code=code)
    assert (order.status_code, order.json()["state"]) == (201, "authorised")
    again = apply_for_file(alice)
    assert (again.status_code, again.json()["id"]) == (200, order.json()["id"]), "resumed without the code"
    alice.delete(f"/orders/{order.json()['id']}")
    assert apply_for_file(alice, code=code).json()["state"] == "no-code"


def test_tries_and_time_of_a_code_are_limited(world: World, alice: Caller, registrar: OfficerCaller) -> None:
    world.let_units(enrolment_code=True)
    old = slip(registrar)
    left = [apply_for_file(alice, code="x").json()["attempts_left"] for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]
    assert apply_for_file(alice, code=old).json()["state"] == "no-code"
    newer = slip(registrar)
    assert apply_for_file(alice, code=old).json()["attempts_left"] == 4, "the slip before is void"
    world.advance(31 * 86400)
    late = world.sign_in(alice.person)
    assert apply_for_file(late, code=newer).json()["state"] == "no-code"


def test_a_code_approves_a_used_registration_again(
    world: World, alice: Caller, registrar: OfficerCaller
) -> None:
    delivered(alice)
    world.let_units(enrolment_code=True)
    assert apply_for_file(alice, code="x").json()["state"] == "used"
    assert apply_for_file(alice, code=slip(registrar)).status_code == 201


def test_a_unit_without_codes_has_none(registrar: OfficerCaller, alice: Caller) -> None:
    body = {**FORM, "unit": "exchange", "account": alice.person.account}
    assert registrar.post("/enrolment-codes", body).json()["code"] == "R208"


def test_a_code_is_on_paper_only(world: World, alice: Caller, registrar: OfficerCaller) -> None:
    world.let_units(enrolment_code=True)
    code = slip(registrar)
    apply_for_file(alice, code=code)
    with world.ra.act(write=False) as act:
        told = [(entry.action, entry.detail) for entry in act.db.scalars(select(AuditEntry))]
    assert {"code.made", "code.used"} <= {action for action, _ in told}
    assert code not in str(told)


def test_a_file_gets_its_certificate_by_sign_in_alone(world: World, alice: Caller) -> None:
    world.let_units()
    order = apply_for_file(alice).json()
    issued = alice.request(order["id"]).json()
    assert (issued["state"], issued["card_id"]) == ("issued", None)
    assert alice.request(order["id"]).json()["certificate"] == issued["certificate"]
    assert alice.stored(order["id"], issued["certificate"]).json()["state"] == "stored"


def test_again_without_anybody_where_the_unit_says_so(alice: Caller, registrar: OfficerCaller) -> None:
    order = delivered(alice)
    assert alice.post(f"/orders/{order['id']}/download", None).json()["certificate"] == order["certificate"]
    assert registrar.post(f"/orders/{order['id']}/download", FORM).json()["code"] == "R208"


def test_again_when_staff_opened_it(world: World, alice: Caller, registrar: OfficerCaller) -> None:
    world.let_units(redownload="staff")
    order = delivered(alice)
    path = f"/orders/{order['id']}/download"
    assert alice.post(path, None).json()["code"] == "R208"
    (listed,) = alice.get("/certificates").json()["certificates"]
    assert (listed["pem"], listed["state"]) == (None, "valid")
    assert alice.get(f"/orders/{order['id']}").json()["certificate"] is None
    assert registrar.post(path, FORM).json()["order"] == order["id"]
    assert alice.post(path, None).json()["certificate"] == order["certificate"]
    world.advance(24 * 3600)
    late = world.sign_in(alice.person)
    assert late.post(path, None).json()["code"] == "R208"


def test_what_was_revoked_is_not_had_again(alice: Caller, registrar: OfficerCaller) -> None:
    order = delivered(alice)
    (found,) = registrar.get("/certificates?identifier=ID-alice").json()["certificates"]
    assert found["order"] == order["id"]
    registrar.post(f"/certificates/{found['serial']}/revocation", {**FORM, "reason": "superseded"})
    answer = alice.post(f"/orders/{order['id']}/download", None)
    assert (answer.status_code, answer.json()["state"]) == (409, "revoked")
