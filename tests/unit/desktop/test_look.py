"""What the home screen makes of a card that is not our RA's."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from cardtool.cards.desk import Desk
from cardtool.desktop.look import Look
from cardtool.pcsc.virtual.gids import VirtualGidsCard
from cardtool.pcsc.virtual.reader import VirtualHub
from cardtool.ui.home_state import CardIs
from cardtool.ui.home_view import HomeView
from tests.flows.test_gids import filled_card
from tests.support.bench import READER
from tests.support.unknown_card import UnknownCard


def seen(card: Any) -> HomeView:
    hub = VirtualHub()
    hub.plug(READER)
    hub.insert(READER, card)
    world: Any = SimpleNamespace(
        desk=Desk(hub),
        settings=SimpleNamespace(reader=""),
        unit="blue",
        clock=SimpleNamespace(now=lambda: datetime.now(UTC)),
        journal=SimpleNamespace(entries=tuple),
    )
    return Look(world, None)()


@pytest.mark.parametrize(
    ("make", "is_"),
    [
        (filled_card, CardIs.SELF_MANAGED),
        (lambda: VirtualGidsCard.create(blank=True), CardIs.BLANK),
        (UnknownCard, CardIs.UNKNOWN),
    ],
)
def test_a_card_is_told_as_what_it_is(make: Any, is_: CardIs):
    assert seen(make()).state.card is is_


def test_the_face_shows_the_certificate_of_a_gids_card():
    view = seen(filled_card())
    assert view.card is not None
    assert (view.card.holder, view.card.tries_left) == ("測試", 3)
