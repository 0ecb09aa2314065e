"""Where a key was made: recorded as far as it was proven, demanded where the unit says so."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from server_stub import enrolment, issuing
from server_stub.db.models import AuditEntry, Card, Certificate, Order
from server_stub.policy.unit import CardPolicy
from server_stub.problems import Problem
from tests.server.attesting import SERIAL, VENDOR, Link, new_key, said, statement_about
from tests.server.world import Caller, World


@pytest.fixture(autouse=True)
def known_vendor(world: World) -> None:
    world.let_vendors_vouch(VENDOR.certificate())
    with world.ra.act("test") as act:
        for card in act.db.scalars(select(Card)):
            card.vendor_serial = SERIAL


@pytest.fixture
def order(alice: Caller) -> str:
    order = str(alice.order()["id"])
    alice.authorise(order)
    return order


def statement(caller: Caller) -> Link:
    return statement_about(caller.card.signing_key.public_key())


def send(caller: Caller, order: str, of: Link | None) -> dict[str, object]:
    """The problem's members, or the order."""
    body: dict[str, object] = {"csr": caller.card.csr()}
    if of is not None:
        sent = said(of)
        body["attestation"] = {"certificate": sent.statement, "intermediate": sent.intermediate}
    return dict(caller.post(f"/orders/{order}/request", body).json())


def refused(answer: dict[str, object]) -> bool:
    return (answer.get("code"), answer.get("reason")) == ("R306", "attestation")


def origins(world: World, caller: Caller) -> set[str]:
    """As the customer and the officer are told."""
    (mine,) = caller.get("/certificates").json()["certificates"]
    officer = world.officer_caller("officer", "registrar")
    (found,) = officer.get(f"/certificates?identifier=ID-{caller.person.account}").json()["certificates"]
    return {mine["key_origin"], found["key_origin"]}


def intended(world: World) -> list[dict[str, object]]:
    with world.ra.act(write=False) as act:
        chosen = select(AuditEntry.detail).where(AuditEntry.action == "certificate.intended")
        return [json.loads(detail) for detail in act.db.scalars(chosen)]


def test_nothing_sent_is_not_proven(world: World, alice: Caller, order: str) -> None:
    assert send(alice, order, None)["state"] == "issued"
    assert origins(world, alice) == {"not-proven"}
    assert intended(world)[0]["key_origin"] == "not-proven"


@pytest.mark.parametrize("demanded", ["any", "attested"])
def test_what_the_card_proves_is_recorded(world: World, alice: Caller, order: str, demanded: str) -> None:
    world.let_keys_come_from(demanded)
    assert send(alice, order, statement(alice))["state"] == "issued"
    assert origins(world, alice) == {"attested"}
    told = {"key_origin": "attested", "vendor_serial": SERIAL, "firmware": "5.7.1"}
    assert told.items() <= intended(world)[0].items()


@pytest.mark.parametrize("demanded", ["any", "attested"])
def test_what_is_sent_must_be_right(world: World, alice: Caller, order: str, demanded: str) -> None:
    world.let_keys_come_from(demanded)
    assert refused(send(alice, order, statement_about(new_key().public_key())))
    with world.ra.act("test") as act:
        act.db.get_one(Card, alice.card.card_id).vendor_serial = SERIAL + 1
    assert refused(send(alice, order, statement(alice)))
    assert intended(world) == []


def test_nothing_sent_is_refused_where_proof_is_demanded(world: World, alice: Caller, order: str) -> None:
    world.let_keys_come_from("attested")
    assert refused(send(alice, order, None))
    assert intended(world) == []


def test_roads_without_attestation_are_closed_to_cards(world: World, alice: Caller, order: str) -> None:
    """As CMC goes."""
    world.let_keys_come_from("attested")
    request = issuing.check(alice.card.csr(), "RSA-2048")
    with pytest.raises(Problem) as refusal:
        enrolment.at_once(
            world.ra, "test", request, lambda act: act.db.get_one(Order, order), is_delivery=False
        )
    assert refusal.value.members == {"reason": "attestation"}


def test_a_key_in_a_file_is_asked_for_nothing_and_proves_nothing(world: World, alice: Caller) -> None:
    world.let_units()
    world.let_keys_come_from("attested")
    body = {"kind": "apply", **alice.terms()}
    order = str(alice.post("/orders", body).json()["id"])
    assert refused(send(alice, order, statement(alice)))
    assert send(alice, order, None)["state"] == "issued"


def test_the_same_request_again_may_prove_more(world: World, alice: Caller, order: str) -> None:
    send(alice, order, None)
    again = send(alice, order, statement(alice))
    assert again["state"] == "issued"
    assert origins(world, alice) == {"attested"}
    with world.ra.act(write=False) as act:
        assert len(act.db.scalars(select(Certificate).where(Certificate.order_id == order)).all()) == 1


def test_the_unit_tells_what_it_demands(world: World, alice: Caller) -> None:
    world.let_keys_come_from("attested")
    assert alice.get(f"/units/{alice.person.unit}").json()["card"]["key_origin"] == "attested"
    with pytest.raises(ValueError, match="key_origin"):
        CardPolicy.model_validate({**alice_card_policy(world, alice), "key_origin": "believed"})


def alice_card_policy(world: World, alice: Caller) -> dict[str, object]:
    card = world.ra.policies[alice.person.unit].unit.card
    assert card is not None
    return card.model_dump()
