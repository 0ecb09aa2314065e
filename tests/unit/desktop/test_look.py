"""What the home screen makes of a card that is not our RA's."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from cardtool.cards.desk import Desk
from cardtool.cards.piv import recipes
from cardtool.cards.piv.objects import Chuid
from cardtool.cards.piv.types import Algorithm, ObjectTag, Slot
from cardtool.desktop.look import Look
from cardtool.pcsc.virtual.gids import VirtualGidsCard
from cardtool.pcsc.virtual.piv import VirtualPivCard
from cardtool.pcsc.virtual.reader import VirtualHub
from cardtool.ui.home_state import CardIs
from cardtool.ui.home_view import HomeView
from tests.flows.test_gids import filled_card
from tests.support.bench import READER
from tests.support.unknown_card import UnknownCard
from tests.unit.cards.bench_card import BenchCard, certify


def enrolled(number: int) -> VirtualPivCard:
    bench = BenchCard()
    with bench.admin() as session:
        key = session.generate_asymmetric_key_pair(Slot.AUTHENTICATION, Algorithm.ECC_P256)
        recipes.write_certificate(session, Slot.AUTHENTICATION, certify(key, f"holder {number}"))
        chuid = Chuid.build(bytes([number]) * 16, date(2030, 1, 1))
        session.put_data(ObjectTag.CHUID, chuid.encode())
    return bench.card


def look_at(hub: VirtualHub) -> Look:
    world: Any = SimpleNamespace(
        desk=Desk(hub),
        settings=SimpleNamespace(reader=""),
        unit="blue",
        clock=SimpleNamespace(now=lambda: datetime.now(UTC)),
        journal=SimpleNamespace(entries=tuple),
    )
    return Look(world, None)


def hub_with(card: Any) -> VirtualHub:
    hub = VirtualHub()
    hub.plug(READER)
    hub.insert(READER, card)
    return hub


def seen(card: Any) -> HomeView:
    return look_at(hub_with(card))()


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


def test_nothing_is_told_at_once_where_nothing_came_or_went():
    look = look_at(hub_with(enrolled(1)))
    assert look.at_once() is None, "nothing was seen before"
    look()
    assert look.at_once() is None


def test_a_card_that_came_is_told_before_it_was_read():
    hub = hub_with(enrolled(1))
    hub.pull(READER)
    look = look_at(hub)
    look()
    hub.insert(READER, enrolled(1))
    view = look.at_once()
    assert view is not None
    assert (view.reading, view.state.cards, view.card) == (True, 1, None)
    assert [lamp.words for lamp in view.lamps if lamp.name == "card"] == ["card_in"]
    assert not look().reading


def test_a_card_that_comes_back_is_shown_as_last_seen_until_it_was_compared():
    card = enrolled(1)
    hub = hub_with(card)
    look = look_at(hub)
    first = look()
    hub.pull(READER)
    look()
    hub.insert(READER, card)
    remembered = look.at_once()
    assert remembered is not None
    assert remembered.card is not None
    assert first.card is not None
    assert (remembered.card.as_last_seen, remembered.card.tries_left) == (True, None)
    assert (remembered.card.serial, remembered.card.holder) == (first.card.serial, first.card.holder)
    again = look()
    assert again.card == first.card


def test_another_card_in_its_place_is_not_taken_for_it():
    hub = hub_with(enrolled(1))
    look = look_at(hub)
    look()
    hub.pull(READER)
    hub.insert(READER, enrolled(2))
    view = look()
    assert view.card is not None
    assert (view.card.holder, view.card.as_last_seen) == ("holder 2", False)
