"""Suspend, resume, revoke: who may, from which state to which, and what is told of it (spec 1.3)."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509
from starlette.testclient import TestClient

from server_stub.db.models import AuditEntry
from server_stub.officers import Role
from tests.server.world import Caller, OfficerCaller, World

FORM = {"form": "R-2026/17"}


@pytest.fixture
def registrar(world: World) -> OfficerCaller:
    return world.officer_caller("may", Role.REGISTRAR)


def listed(client: TestClient) -> dict[str, str]:
    """Serial → reason in the revocation list."""
    revocations = x509.load_der_x509_crl(client.get("/ca/issuing.crl").content)
    reasons = {}
    for entry in revocations:
        extensions = [extension.value for extension in entry.extensions]
        reasons[f"{entry.serial_number:x}"] = extensions[0].reason.value if extensions else "unspecified"
    return reasons


def test_hold_stands_in_the_list_until_it_is_resumed(
    client: TestClient, registrar: OfficerCaller, alice: Caller, serial: str
) -> None:
    suspended = registrar.post(f"/certificates/{serial}/suspension", FORM).json()
    assert (suspended["state"], suspended["reason"]) == ("on-hold", "certificateHold")
    assert listed(client) == {serial: "certificateHold"}
    assert alice.get("/certificates").json()["certificates"][0]["state"] == "on-hold"
    resumed = registrar.post(f"/certificates/{serial}/resumption", FORM).json()
    assert (resumed["state"], resumed["reason"], resumed["since"]) == ("valid", None, None)
    assert listed(client) == {}


@pytest.mark.parametrize("held_before", [False, True])
def test_revoked_is_for_ever(
    client: TestClient, registrar: OfficerCaller, serial: str, held_before: bool
) -> None:
    if held_before:
        registrar.post(f"/certificates/{serial}/suspension", FORM)
    body = {**FORM, "reason": "keyCompromise"}
    assert registrar.post(f"/certificates/{serial}/revocation", body).json()["state"] == "revoked"
    assert listed(client) == {serial: "keyCompromise"}
    for act, more in (("suspension", {}), ("resumption", {}), ("revocation", {"reason": "superseded"})):
        answer = registrar.post(f"/certificates/{serial}/{act}", {**FORM, **more})
        assert (answer.status_code, answer.json()["code"], answer.json()["state"]) == (409, "R302", "revoked")


def test_what_expired_is_neither_resumed_nor_suspended(
    world: World, registrar: OfficerCaller, serial: str
) -> None:
    registrar.post(f"/certificates/{serial}/suspension", FORM)
    world.advance(3 * 366 * 86400)
    registrar = world.officer_caller("june", Role.REGISTRAR)
    answer = registrar.post(f"/certificates/{serial}/resumption", FORM)
    assert (answer.status_code, answer.json()["state"]) == (409, "expired")


def test_the_form_and_the_officer_stand_in_the_audit_log(
    world: World, registrar: OfficerCaller, serial: str
) -> None:
    registrar.post(f"/certificates/{serial}/suspension", FORM)
    with world.ra.act(write=False) as act:
        (entry,) = act.db.query(AuditEntry).filter_by(action="certificate.suspended")
    assert (entry.actor, entry.subject) == ("officer/may", serial)
    assert FORM["form"] in entry.detail


def test_the_same_key_does_it_once(world: World, registrar: OfficerCaller, serial: str) -> None:
    key = Caller.fresh_key()
    first = registrar.post(f"/certificates/{serial}/suspension", FORM, key)
    registrar.post(f"/certificates/{serial}/resumption", FORM)
    again = registrar.post(f"/certificates/{serial}/suspension", FORM, key)
    assert (again.status_code, again.content) == (200, first.content)
    found = registrar.get("/certificates?identifier=ID-alice").json()["certificates"]
    assert [one["state"] for one in found] == ["valid"]


def test_an_auditor_looks_but_changes_nothing(world: World, serial: str) -> None:
    auditor = world.officer_caller("ada", Role.AUDITOR)
    found = auditor.get("/certificates?identifier=ID-alice").json()["certificates"]
    assert [(one["serial"], one["account"]) for one in found] == [(serial, "alice")]
    for act in ("suspension", "resumption", "revocation"):
        answer = auditor.post(f"/certificates/{serial}/{act}", {**FORM, "reason": "superseded"})
        assert answer.status_code in {400, 403}
        assert answer.json()["code"] in {"R108", "R208"}
    assert auditor.post(f"/certificates/{serial}/suspension", FORM).json()["code"] == "R208"


def test_unknown_serials_and_those_of_no_customer(world: World, registrar: OfficerCaller) -> None:
    for serial in ("0", "abc", "f" * 40):
        assert registrar.post(f"/certificates/{serial}/suspension", FORM).json()["code"] == "R303"
    assert registrar.get("/certificates?identifier=nobody").json() == {"certificates": []}


def test_where_the_unit_says_officer_the_user_may_not(alice: Caller, serial: str) -> None:
    assert alice.post(f"/certificates/{serial}/suspension", {}).json()["code"] == "R208"
    assert alice.post("/account/revocation", None).json()["code"] == "R208"


def test_a_user_suspends_but_only_an_officer_resumes(
    world: World, registrar: OfficerCaller, alice: Caller, serial: str
) -> None:
    world.let_users(suspend="user")
    assert alice.post(f"/certificates/{serial}/suspension", {}).json()["state"] == "on-hold"
    assert listed(world.client) == {serial: "certificateHold"}
    answer = alice.post(f"/certificates/{serial}/suspension", {})
    assert (answer.status_code, answer.json()["state"]) == (409, "on-hold"), "cannot suspend now, and why"
    assert registrar.post(f"/certificates/{serial}/resumption", FORM).json()["state"] == "valid"


def test_with_the_site_password_again(world: World, alice: Caller, serial: str) -> None:
    world.let_users(suspend="password")
    path = f"/certificates/{serial}/suspension"
    assert alice.post(path, {}).json()["field"] == "password"
    assert alice.post(path, {"password": "Wrong1234"}).json()["attempts_left"] == 2
    assert alice.post(path, {"password": alice.person.password}).json()["state"] == "on-hold"
    wrong = [alice.post(path, {"password": "Wrong1234"}).json() for _ in range(3)]
    assert [answer["code"] for answer in wrong] == ["R201", "R201", "R204"], "counted as at sign-in"


def test_a_user_revokes_everything_at_once(world: World, alice: Caller, serial: str) -> None:
    world.let_users(revoke="user")
    key = Caller.fresh_key()
    first = alice.post("/account/revocation", None, key)
    assert [one["state"] for one in first.json()["certificates"]] == ["revoked"]
    assert listed(world.client) == {serial: "unspecified"}
    assert alice.post("/account/revocation", None, key).content == first.content
    assert alice.post("/account/revocation", None).json()["state"] == "none"


def test_foreign_certificates_do_not_exist(world: World, alice: Caller, bob: Caller, serial: str) -> None:
    world.let_users(suspend="user", revoke="user")
    assert bob.post(f"/certificates/{serial}/suspension", {}).json()["code"] == "R303"
    assert bob.post("/account/revocation", None).json()["state"] == "none"
    assert alice.get("/certificates").json()["certificates"][0]["state"] == "valid"


def test_an_entry_leaves_the_list_after_its_certificate_has_ended(
    world: World, registrar: OfficerCaller, serial: str
) -> None:
    body: dict[str, Any] = {**FORM, "reason": "superseded"}
    registrar.post(f"/certificates/{serial}/revocation", body)
    world.advance(2 * 365 * 86400 + 86400)
    assert list(listed(world.client)) == [serial], "a day after its end"
    world.advance(2 * 86400)
    assert listed(world.client) == {}
