"""Setting up a blank card: once, and never over what is there. That the layout is right, OpenSC says (system tests)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cardtool import errors
from cardtool.cards.desk import Desk
from cardtool.cards.gids import admin
from cardtool.cards.gids.setup import set_up
from cardtool.pcsc.virtual.gids import VirtualGidsCard
from cardtool.pcsc.virtual.reader import VirtualHub
from cardtool.secret import Secret

READER = "Reader 0"
PIN = Secret("246813")
ADMIN_KEY = Secret(bytes(range(1, 25)))
CARD_ID = bytes(range(16))


@pytest.fixture
def desk() -> Iterator[Desk]:
    hub = VirtualHub()
    hub.plug(READER)
    card = VirtualGidsCard.create(blank=True)
    hub.insert(READER, card)
    yield Desk(hub)
    card.close()


def test_a_blank_card_becomes_ready_for_use(desk: Desk) -> None:
    assert desk.survey()[0].card_id is None
    with desk.gids_session(READER) as session:
        set_up(session, PIN, ADMIN_KEY, CARD_ID)
        with pytest.raises(errors.SecurityStatusNotSatisfied):
            session.put_admin_key(ADMIN_KEY)
    assert desk.survey()[0].card_id == CARD_ID.hex()
    with desk.gids_session(READER) as session:
        session.verify_pin(PIN)
        admin.authenticate_mutually(session, ADMIN_KEY)


def test_it_is_done_once(desk: Desk) -> None:
    with desk.gids_session(READER) as session:
        set_up(session, PIN, ADMIN_KEY, CARD_ID)
        with pytest.raises(errors.NotSupportedByCard):
            set_up(session, Secret("111111"), ADMIN_KEY, CARD_ID)
        session.verify_pin(PIN)


def test_a_pin_that_cannot_be_one_leaves_the_card_blank(desk: Desk) -> None:
    with desk.gids_session(READER) as session:
        with pytest.raises(errors.PinNotSent):
            set_up(session, Secret("1"), ADMIN_KEY, CARD_ID)
        set_up(session, PIN, ADMIN_KEY, CARD_ID)
