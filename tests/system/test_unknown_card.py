"""A card that is neither PIV nor GIDS is asked what it is, and nothing else (spec 1.2, 8; 3.1)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cardtool.pcsc.apdu import INS
from tests.system.pcscd import READERS, Pcscd, holds_card, wait_until
from tests.system.scene import Scene
from tests.system.tap import UnknownCard

VERIFY_PIN = "0020008008313233343536FFFF"
PUT_DATA = "00DB3FFF055C035FC105"
GET_DATA = "00CB3FFF055C035FC102"


@pytest.fixture
def unknown(pcscd: Pcscd) -> Iterator[UnknownCard]:
    card = UnknownCard(pcscd)
    wait_until(lambda: holds_card(READERS[0]), "the card to be in")
    yield card
    card.stop()
    wait_until(lambda: not holds_card(READERS[0]), "the card to be out")


def test_is_only_asked_what_it_is(scene: Scene, unknown: UnknownCard):
    person = scene.person()
    cards = scene.tool.run("cards")
    assert (cards.status, cards.said["readers"][0]["kind"]) == (0, "unknown")
    assert cards.said["readers"][0]["atr"] == unknown.ATR.hex()
    assert cards.said["readers"][0]["tries_left"] is None

    ends = {
        "apply": scene.tool.apply(person),
        "apply there": scene.tool.apply(person, "--reader", READERS[0]),
        "sign-test": scene.tool.run("sign-test", answers={"pin": person.pin}),
    }
    assert {name: (end.status, end.code) for name, end in ends.items()} == dict.fromkeys(ends, (4, "C301"))
    for command in (VERIFY_PIN, PUT_DATA, GET_DATA):
        refused = scene.tool.run("apdu", command)
        assert (refused.status, refused.code) == (2, "U103"), command
    assert "POST /orders" not in scene.acts.names
    assert {command.ins for command in unknown.commands} == {INS.SELECT}


def test_an_expert_may_send_what_is_typed_and_no_more(scene: Scene, unknown: UnknownCard):
    sent = scene.tool.run("apdu", "--expert", "80CA9F7F00")
    assert sent.status == 0, sent
    assert sent.said["exchanges"][0]["response"] == "6d00"
    assert [command.ins for command in unknown.commands if command.ins != INS.SELECT] == [0xCA]


def test_the_right_card_beside_it_is_taken(scene: Scene, unknown: UnknownCard):
    person = scene.person()
    scene.insert(person, reader=1)
    scene.assert_agreed(person, scene.tool.apply(person))
    assert {command.ins for command in unknown.commands} == {INS.SELECT}
