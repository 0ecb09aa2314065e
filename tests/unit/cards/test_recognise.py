"""Which mark tells a card from others (spec 3.5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from cardtool.cards.overview import CardOverview
from cardtool.cards.piv import recipes
from cardtool.cards.piv.objects import Chuid
from cardtool.cards.piv.types import Algorithm, ObjectTag, Slot
from cardtool.cards.recognise import is_same, is_same_card
from cardtool.pcsc.virtual.piv.personality import GENERIC, YUBIKEY, Personality
from cardtool.pki.certificate import public_key_of
from tests.unit.cards.bench_card import BenchCard, certify


def chuid(number: int) -> bytes:
    return Chuid.build(bytes([number]) * 16, date(2030, 1, 1)).encode()


def card(personality: Personality = GENERIC, *slots: Slot, guid: int = 1) -> BenchCard:
    bench = BenchCard(personality)
    with bench.admin() as session:
        for slot in slots:
            key = session.generate_asymmetric_key_pair(slot, Algorithm.ECC_P256)
            recipes.write_certificate(session, slot, certify(key))
        session.put_data(ObjectTag.CHUID, chuid(guid))
    return bench


def seen(bench: BenchCard) -> CardOverview:
    (view,) = bench.desk().survey()
    return view


def give_another_guid(bench: BenchCard) -> None:
    with bench.admin() as session:
        session.put_data(ObjectTag.CHUID, chuid(9))


MARKED = {
    "its 9E key": lambda: card(GENERIC, Slot.CARD_AUTHENTICATION),
    "the vendor's serial": lambda: card(YUBIKEY),
    "a certificate's key": lambda: card(GENERIC, Slot.AUTHENTICATION),
}


@pytest.mark.parametrize("make", MARKED.values(), ids=MARKED)
def test_another_guid_does_not_make_another_card(make: Callable[[], BenchCard]) -> None:
    bench = make()
    before = seen(bench)
    give_another_guid(bench)
    assert seen(bench).guid != before.guid
    assert is_same(seen(bench), before)
    with bench.session() as session:
        assert is_same_card(session, before)


@pytest.mark.parametrize("make", MARKED.values(), ids=MARKED)
def test_another_card_with_the_same_guid_is_another_card(make: Callable[[], BenchCard]) -> None:
    before, other = seen(make()), make()
    if not (before.verification_key or before.serial):
        give_another_guid(other)  # with nothing surer, GUIDs count
    assert not is_same(seen(other), before)
    with other.session() as session:
        assert not is_same_card(session, before)


def test_without_any_surer_mark_the_guid_counts() -> None:
    bench = card()
    before = seen(bench)
    assert is_same(seen(bench), before)
    with bench.session() as session:
        assert is_same_card(session, before)
    give_another_guid(bench)
    assert not is_same(seen(bench), before)
    with bench.session() as session:
        assert not is_same_card(session, before)


def test_a_mark_that_only_one_has_decides_nothing() -> None:
    bench = card(GENERIC, Slot.CARD_AUTHENTICATION)
    whole = seen(bench)
    assert is_same(whole, replace(whole, verification_key=None))


def test_a_renewed_certificate_of_the_same_key_is_the_same_card() -> None:
    bench = card(GENERIC, Slot.AUTHENTICATION)
    before = seen(bench)
    with bench.admin() as session:
        held = before.certificate(Slot.AUTHENTICATION)
        assert held is not None
        recipes.write_certificate(session, Slot.AUTHENTICATION, certify(public_key_of(held), "bert"))
    give_another_guid(bench)
    assert is_same(seen(bench), before)
