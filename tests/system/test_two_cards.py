"""Two readers, two cards: the account says which one is meant, or the person does."""

from __future__ import annotations

import pytest

from tests.system.pcscd import READERS
from tests.system.programs import Person
from tests.system.scene import Scene

People = tuple[Person, Person]


@pytest.fixture
def people(scene: Scene) -> People:
    """Two accounts, the card of the first in the first reader, that of the second in the second."""
    first, second = scene.person(), scene.person()
    scene.insert(first, reader=0)
    scene.insert(second, reader=1)
    return first, second


@pytest.mark.parametrize("whose", [0, 1])
def test_the_account_says_which_card(scene: Scene, people: People, whose: int):
    person, other = people[whose], people[1 - whose]
    scene.assert_agreed(person, scene.tool.apply(person))
    assert scene.office.rows(CERTIFIED, other.card) == [(0,)]


def test_the_reader_can_be_named(scene: Scene, people: People):
    person = people[1]
    scene.assert_agreed(person, scene.tool.apply(person, "--reader", READERS[1]))


@pytest.mark.parametrize(("reader", "code"), [(READERS[0], "C302"), ("No such reader", "U104")])
def test_the_named_reader_and_no_other(scene: Scene, people: People, reader: str, code: str):
    """The card of the account lies in the second reader, but that one was not meant."""
    refused = scene.tool.apply(people[1], "--reader", reader)
    assert refused.code == code
    assert "POST /orders" not in scene.acts.names


def test_looking_and_proving_with_two_cards(scene: Scene, people: People):
    for person in people:
        scene.assert_agreed(person, scene.tool.apply(person))
    shown = {card["reader"]: card for card in scene.tool.run("cards").said["readers"]}
    for person, reader in zip(people, READERS, strict=True):
        issued = f"{scene.issued(person).serial_number:X}"
        assert shown[reader]["certificates"][0]["serial"].lstrip("0") == issued
        proof = scene.tool.run("sign-test", "--reader", reader, answers={"pin": person.pin})
        assert (proof.status, proof.said["serial"].lstrip("0")) == (0, issued)
    unclear = scene.tool.run("sign-test", answers={"pin": people[0].pin})
    assert (unclear.status, unclear.code) == (4, "C107")
    raw = scene.tool.run("apdu", "00A404000BA000000308000010000100")
    assert (raw.status, raw.code) == (4, "C107")


CERTIFIED = """
    SELECT count(*) FROM certificates JOIN cards ON cards.id = certificates.card_id
    WHERE certificates.profile = 'signing' AND cards.label = ?
"""
