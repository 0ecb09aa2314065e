"""Setting up a blank card: once, and never over what is there. That the layout is right, OpenSC says (system tests)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from cardtool import errors
from cardtool.cards.desk import Desk
from cardtool.cards.gids import admin
from cardtool.cards.gids.files import CardFiles
from cardtool.cards.gids.setup import set_up
from cardtool.pcsc.decorator import ConnectionDecorator
from cardtool.pcsc.transport import Connection
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


def test_a_verified_pin_is_not_taken_for_a_blank_card(desk: Desk) -> None:
    """With PIN status a card takes a new PIN without the old one."""
    with desk.gids_session(READER) as session:
        set_up(session, PIN, ADMIN_KEY, CARD_ID)
        session.verify_pin(PIN)
        with pytest.raises(errors.NotSupportedByCard):
            set_up(session, Secret("111111"), ADMIN_KEY, CARD_ID)
        session.verify_pin(PIN)


def test_a_pin_that_cannot_be_one_leaves_the_card_blank(desk: Desk) -> None:
    with desk.gids_session(READER) as session:
        with pytest.raises(errors.PinNotSent):
            set_up(session, Secret("1"), ADMIN_KEY, CARD_ID)
        set_up(session, PIN, ADMIN_KEY, CARD_ID)


class Cut(ConnectionDecorator):
    """Pulled at one command; ``reached``: the card had carried it out, only the answer was lost."""

    def __init__(self, inner: Connection, at: int, *, reached: bool) -> None:
        super().__init__(inner)
        self._left, self._reached = at, reached

    def transmit(self, command: bytes) -> bytes:
        self._left -= 1
        if self._left < 0:
            if self._reached:
                super().transmit(command)
            raise errors.CardRemoved
        return super().transmit(command)


@pytest.mark.parametrize("reached", [False, True])
def test_cut_off_anywhere_it_goes_on_to_a_usable_card(reached: bool) -> None:
    cuts = 0
    while _is_cut(cuts, reached=reached):
        cuts += 1
    assert cuts > 20


def _is_cut(at: int, *, reached: bool) -> bool:
    """Whether there was a command to cut. Afterwards the card is usable either way."""
    hub, card = VirtualHub(), VirtualGidsCard.create(blank=True)
    hub.plug(READER)
    hub.insert(READER, card)
    try:
        with Desk(hub, wrap=lambda inner: Cut(inner, at, reached=reached)).gids_session(READER) as session:
            set_up(session, PIN, ADMIN_KEY, CARD_ID)
    except errors.CardRemoved:
        _go_on(Desk(hub))
        return True
    else:
        return False
    finally:
        card.close()


def _go_on(desk: Desk) -> None:
    # Where only the last answer was lost, the set-up had been done.
    with contextlib.suppress(errors.NotSupportedByCard), desk.gids_session(READER) as session:
        set_up(session, PIN, ADMIN_KEY, CARD_ID)
    with desk.gids_session(READER) as session:
        session.verify_pin(PIN)
        admin.authenticate_mutually(session, ADMIN_KEY)
        CardFiles(session).write("mscp/kxc00", b"content")
        assert CardFiles(session).read("mscp/kxc00") == b"content"
