"""What the issue must show: card pulled, RA killed, CardTool killed at the worst moments; then simply again.

Afterwards there is exactly one certificate, at the RA and on the card, and nothing was spent (spec 5.2).
"""

from __future__ import annotations

import signal

import pytest

from cardtool.pcsc.scard import ScardHub
from cardtool.pcsc.virtual.piv import VirtualPivCard
from tests.system.acts import When, lose
from tests.system.scene import Scene
from tests.unit.virtual.terminal import SELECT_PIV, VERIFY_STATUS

GENERATE = "GENERATE ASYMMETRIC KEY PAIR 009A"
FIRST_WRITE = "PUT DATA 3FFF…"
REQUEST = "POST /orders/*/request"
ALL_CERTIFICATES = "SELECT state FROM certificates WHERE profile = 'signing' AND order_id = ?"


def test_card_pulled_while_the_key_is_made(scene: Scene):
    person = scene.person()
    card = scene.insert(person, "--slow")

    def pull() -> None:
        scene.taps[0].wait_until_taken()
        card.process.send_signal(signal.SIGUSR1)

    pulled = scene.acts.plan(When.DURING, GENERATE, pull)
    first = scene.tool.apply(person)
    assert pulled.came
    assert (first.status, first.code) == (4, "C101")
    assert scene.acts.names[-1] == GENERATE
    assert 0x9A not in VirtualPivCard.inspect(card.state).keys
    assert [entry["step"] for entry in scene.tool.journal] == ["create-key"]
    card.wait_until_out()
    card.insert()
    again = scene.tool.apply(person)
    assert again.said["resumed"] is True
    scene.assert_agreed(person, again)
    assert "audit log whole" in scene.office.verify_audit()


@pytest.mark.parametrize("moment", ["answer lost", "certificate arrived"])
def test_ra_killed_after_it_has_issued(scene: Scene, moment: str):
    person = scene.person()
    scene.insert(person)

    def kill_and_lose() -> None:
        scene.office.kill()
        lose()

    if moment == "answer lost":
        killed = scene.acts.plan(When.AFTER, REQUEST, kill_and_lose)
    else:
        killed = scene.acts.plan(When.BEFORE, FIRST_WRITE, scene.office.kill)
    first = scene.tool.apply(person)
    assert killed.came
    assert (first.status, first.code) == (5, "R101")
    issued = scene.issued(person)
    scene.office.start()
    again = scene.tool.apply(person)
    assert again.said["resumed"] is True
    scene.assert_agreed(person, again)
    assert scene.issued(person) == issued
    assert scene.office.rows(ALL_CERTIFICATES, again.said["order"]) == [("valid",)]
    assert "audit log whole" in scene.office.verify_audit()


def test_cardtool_killed_between_issue_and_write(scene: Scene):
    person = scene.person()
    card = scene.insert(person)
    killed = scene.acts.plan(When.BEFORE, FIRST_WRITE, scene.tool.kill)
    first = scene.tool.apply(person)
    assert killed.came
    assert first.status == -signal.SIGKILL
    issued = scene.issued(person)
    assert [entry["step"] for entry in scene.tool.journal] == ["check-certificate"]
    assert pin_status(card.reader) == "63C3", "the card must not stay open after its program was killed"
    again = scene.tool.apply(person)
    assert again.said["resumed"] is True
    scene.assert_agreed(person, again)
    assert scene.issued(person) == issued
    assert scene.office.rows(ALL_CERTIFICATES, again.said["order"]) == [("valid",)]
    assert "audit log whole" in scene.office.verify_audit()


def test_killed_here_continued_on_another_computer(scene: Scene):
    """The RA's order and the card alone are enough (spec 5.1)."""
    person = scene.person()
    scene.insert(person)
    scene.acts.plan(When.BEFORE, FIRST_WRITE, scene.tool.kill)
    scene.tool.apply(person)
    issued = scene.issued(person)
    scene.tool.home = scene.home.with_name("another computer")
    again = scene.tool.apply(person)
    assert again.said["resumed"] is True
    scene.assert_agreed(person, again)
    assert scene.issued(person) == issued


def pin_status(reader: str) -> str:
    connection = ScardHub().connect(reader)
    try:
        connection.transmit(SELECT_PIV)
        return connection.transmit(VERIFY_STATUS).hex().upper()
    finally:
        connection.disconnect(reset=False)
