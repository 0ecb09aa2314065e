"""No card service on this computer, or it goes while CardTool is at work."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cardtool.pcsc.virtual.piv import VirtualPivCard
from tests.system.acts import When
from tests.system.pcscd import Pcscd
from tests.system.scene import Scene

OFF = (6, "L101")


@pytest.fixture
def service(pcscd: Pcscd) -> Iterator[Pcscd]:
    """The card service for a test that stops it; running again afterwards."""
    yield pcscd
    if pcscd.process is None:
        pcscd.start()


def test_every_command_says_that_the_service_is_off(scene: Scene, service: Pcscd):
    person = scene.person()
    service.stop()
    ends = {
        "cards": scene.tool.run("cards"),
        "apply": scene.tool.apply(person),
        "sign-test": scene.tool.run("sign-test", answers={"pin": person.pin}),
        "apdu": scene.tool.run("apdu", "00A4040000"),
    }
    assert {name: (end.status, end.code) for name, end in ends.items()} == dict.fromkeys(ends, OFF)
    service.start()
    assert scene.tool.run("cards").status == 0


@pytest.mark.parametrize(
    ("when", "moment"),
    [
        (When.BEFORE, "GET /cards"),
        (When.BEFORE, "POST /orders/*/request"),
        (When.DURING, "GENERATE ASYMMETRIC KEY PAIR 009A"),
    ],
)
def test_it_stops_while_cardtool_waits(scene: Scene, service: Pcscd, when: When, moment: str):
    """For the RA, holding the card or not; or for the card."""
    person = scene.person()
    card = scene.insert(person)
    stopped = scene.acts.plan(when, moment, service.stop)
    first = scene.tool.apply(person)
    assert stopped.came
    assert (first.status, first.code) == OFF, first.errors
    assert VirtualPivCard.inspect(card.state).pin.tries == 3
    service.start()
    card.wait_until_in()
    scene.assert_agreed(person, scene.tool.apply(person))
