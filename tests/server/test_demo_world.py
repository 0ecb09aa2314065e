"""The demo world: made once, completed after any cut, and its table tells what is."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from starlette.testclient import TestClient

from server_stub import personalisation
from server_stub.db.models import Account, Card
from server_stub.demo import table
from server_stub.demo.world import World as DemoWorld
from server_stub.passwords import hash_password
from server_stub.personaliser import Personaliser, PersonaliserFailed
from server_stub.ra import Ra
from tests.server.world import UNIT, World

FAKE = [sys.executable, str(Path(__file__).with_name("fake_personaliser.py"))]


def demo(ra: Ra, command: Sequence[str] = FAKE) -> DemoWorld:
    return DemoWorld(ra, ra.settings.data / "demo", command)


@pytest.fixture
def made(ra: Ra) -> dict[str, list[dict[str, object]]]:
    """The accounts of a new world by situation."""
    world = demo(ra)
    by_situation: dict[str, list[dict[str, object]]] = {}
    for account in table.describe(world, world.complete())["accounts"]:
        by_situation.setdefault(str(account["situation"]), []).append(account)
    return by_situation


def test_every_situation_is_in_its_row_of_the_state_table(made: dict[str, list[dict[str, object]]]) -> None:
    rows = {situation: {account["state"] for account in accounts} for situation, accounts in made.items()}
    assert rows == {
        "fresh": {19},
        "first-sign-in": {13},
        "suspended": {13},
        "pending": {18},
        "certified": {25},
    }
    assert len(made["fresh"]) == 4, "two customers with two cards each"
    assert len({account["identifier"] for account in made["fresh"]}) == 2


def test_people_can_sign_in_as_the_table_says(
    made: dict[str, list[dict[str, object]]], client: TestClient, ra: Ra
) -> None:
    world = World(client, ra)
    answers = {
        situation: world.try_sign_in(str(accounts[0]["account"]), str(accounts[0]["password"])).json()
        for situation, accounts in made.items()
    }
    assert answers["fresh"]["must_change_password"] is False
    assert answers["first-sign-in"]["must_change_password"] is True
    assert answers["suspended"]["code"] == "R204"


def test_cards_are_made_with_what_custody_derives(made: dict[str, list[dict[str, Any]]], ra: Ra) -> None:
    [account] = made["certified"]
    name = account["cards"][0]
    state = json.loads((ra.settings.data / "demo" / "cards" / f"{name}.json").read_text())
    with ra.act(write=False) as act:
        card = act.db.query(Card).filter_by(label=name).one()
    assert (card.status, card.vendor_serial) == ("active", 4711)
    assert state["job"]["pin"] == account["pin"]
    assert state["job"]["puk"] == ra.master.puk(1, card.id, 0)
    assert state["job"]["admin_key"]["key"] == ra.master.admin_key(1, card.id, "AES-192").hex()
    certificate = x509.load_pem_x509_certificate(state["verification_certificate"].encode())
    assert "PRACTICE" in certificate.subject.rfc4514_string()
    assert card.id in certificate.subject.rfc4514_string()


def test_a_second_start_changes_nothing(made: dict[str, list[dict[str, object]]], ra: Ra) -> None:
    world = demo(ra, ["no-such-program"])
    again = table.describe(world, world.complete())["accounts"]
    assert again == [account for accounts in made.values() for account in accounts]


@pytest.mark.parametrize("cut", range(1, 6))
def test_a_cut_start_is_completed_by_the_next(ra: Ra, cut: int) -> None:
    with pytest.raises(PersonaliserFailed):
        demo(ra, [*FAKE, "--die-at", str(cut)]).complete()
    world = demo(ra)
    described = table.describe(world, world.complete())
    assert len(described["accounts"]) == 8
    with ra.act(write=False) as act:
        assert {card.status for card in act.db.query(Card)} == {"active"}
        assert act.db.query(Card).count() == 8


@pytest.mark.parametrize(
    "saying", ["{}", "[]", "nonsense", '{"error": "C101"}', '{"verification_csr": "x"}', "{"]
)
def test_a_child_that_talks_nonsense_is_told_apart(ra: Ra, saying: str) -> None:
    with pytest.raises(PersonaliserFailed):
        demo(ra, [*FAKE, "--say", saying]).complete()
    with ra.act(write=False) as act:
        assert {card.status for card in act.db.query(Card)} == {"blank"}


def test_a_card_that_made_its_key_anew_gets_a_new_certificate(ra: Ra, world: World, tmp_path: Path) -> None:
    world.customer("carol")
    with ra.act("test") as act:
        account = act.db.query(Account).filter_by(name="carol").one()
        card = personalisation.register_blank(act, account, "blank card")
    blank = personalisation.Blank(card.id, tmp_path / "card.json", "piv", "135790")
    with pytest.raises(PersonaliserFailed), Personaliser([*FAKE, "--die-at", "2"]) as child:
        personalisation.make(ra, child, blank)
    blank.state_file.unlink()
    with Personaliser(FAKE) as child:
        personalisation.make(ra, child, blank)
    with ra.act(write=False) as act:
        assert act.db.get_one(Card, card.id).status == "active"


def test_there_are_always_some_who_may_still_apply(made: dict[str, list[dict[str, object]]], ra: Ra) -> None:
    with ra.act("test") as act:
        for account in act.db.query(Account).filter_by(registration="approved"):
            account.registration = "used"
    world = demo(ra)
    states = [account["state"] for account in table.describe(world, world.complete())["accounts"]]
    assert states.count(19) >= 2


def test_who_changed_the_password_is_not_listed(made: dict[str, list[dict[str, object]]], ra: Ra) -> None:
    name = str(made["fresh"][0]["account"])
    with ra.act("test") as act:
        act.db.query(Account).filter_by(unit=UNIT, name=name).one().password_hash = hash_password("x")
    world = demo(ra)
    described = table.describe(world, world.complete())
    assert name not in [account["account"] for account in described["accounts"]]
    assert name not in table.as_text(described)
