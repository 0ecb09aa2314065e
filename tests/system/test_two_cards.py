"""Two readers, two cards: the account says which one is meant, or the person does."""

from __future__ import annotations

import pytest

from tests.system.pcscd import READERS
from tests.system.programs import Person
from tests.system.scene import Scene

People = tuple[Person, Person]


@pytest.fixture
def people(watched: Scene) -> People:
    """Two accounts, the card of the first in the first reader, that of the second in the second."""
    first, second = watched.office.people()[:2]
    watched.insert(first, reader=0)
    watched.insert(second, reader=1)
    return first, second


@pytest.mark.parametrize("whose", [0, 1])
def test_the_account_says_which_card(watched: Scene, people: People, whose: int):
    person, other = people[whose], people[1 - whose]
    watched.assert_agreed(person, watched.tool.apply(person))
    assert watched.office.rows(CERTIFIED, other.card) == [(0,)]


def test_the_reader_can_be_named(watched: Scene, people: People):
    person = people[1]
    watched.assert_agreed(person, watched.tool.apply(person, "--reader", READERS[1]))


@pytest.mark.parametrize(("reader", "code"), [(READERS[0], "C302"), ("No such reader", "L103")])
def test_the_named_reader_and_no_other(watched: Scene, people: People, reader: str, code: str):
    """The card of the account lies in the second reader, but that one was not meant."""
    refused = watched.tool.apply(people[1], "--reader", reader)
    assert refused.code == code
    assert "POST /orders" not in watched.acts.names


def test_looking_and_proving_with_two_cards(watched: Scene, people: People):
    for person in people:
        watched.assert_agreed(person, watched.tool.apply(person))
    shown = {card["reader"]: card for card in watched.tool.run("cards").said["readers"]}
    for person, reader in zip(people, READERS, strict=True):
        issued = f"{watched.issued(person).serial_number:X}"
        assert shown[reader]["certificates"][0]["serial"].lstrip("0") == issued
        proof = watched.tool.run("sign-test", "--reader", reader, answers={"pin": person.pin})
        assert (proof.status, proof.said["serial"].lstrip("0")) == (0, issued)
    unclear = watched.tool.run("sign-test", answers={"pin": people[0].pin})
    assert (unclear.status, unclear.code) == (4, "C107")
    raw = watched.tool.run("apdu", "00A404000BA000000308000010000100")
    assert (raw.status, raw.code) == (4, "C107")


CERTIFIED = """
    SELECT count(*) FROM certificates JOIN cards ON cards.id = certificates.card_id
    WHERE certificates.profile = 'signing' AND cards.label = ?
"""
