"""A second look: at once, then short, and in full as soon as anything differs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from cardtool.cards.memory import REMEMBERED_MAX, CardMemory
from cardtool.cards.overview import CardOverview
from cardtool.cards.piv import recipes
from cardtool.cards.piv.objects import Chuid, KeyHistory
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import Algorithm, ObjectTag, Slot
from cardtool.pcsc.transport import ReaderState
from cardtool.pcsc.virtual.piv import VirtualPivCard
from cardtool.pcsc.virtual.piv.personality import FRAGILE, GENERIC, YUBIKEY, Personality
from cardtool.secret import Secret
from tests.unit.cards.bench_card import PIN, READER, BenchCard, certify

PERSONALITIES = pytest.mark.parametrize(
    "personality", [YUBIKEY, GENERIC, FRAGILE], ids=lambda item: item.name
)


def enrolled(personality: Personality) -> BenchCard:
    bench = BenchCard(personality)
    with bench.admin() as session:
        for slot in (Slot.AUTHENTICATION, Slot.KEY_MANAGEMENT):
            key = session.generate_asymmetric_key_pair(slot, Algorithm.ECC_P256)
            recipes.write_certificate(session, slot, certify(key))
        session.put_data(ObjectTag.CHUID, chuid(1))
    return bench


def chuid(guid: int) -> bytes:
    return Chuid.build(bytes([guid]) * 16, date(2030, 1, 1)).encode()


@PERSONALITIES
def test_a_short_look_shows_the_same(personality: Personality) -> None:
    bench = enrolled(personality)
    desk = bench.desk()
    [full] = desk.survey()
    taken = len(bench.recorder.acts)
    assert desk.glance() == [full]
    short = len(bench.recorder.acts) - taken
    # SELECT, CHUID, Key History, four certificates, serial, tries: never a GET RESPONSE.
    assert short == 8 + (full.serial is not None)
    assert not any(act.name.startswith("GET RESPONSE") for act in bench.recorder.acts[taken:])


def test_at_once_without_touching_the_card() -> None:
    bench = enrolled(YUBIKEY)
    desk = bench.desk()
    assert [view.kind for view in desk.last_seen()] == ["unread"]
    [full] = desk.survey()
    taken = len(bench.recorder.acts)
    [remembered] = desk.last_seen()
    assert len(bench.recorder.acts) == taken
    assert (remembered.as_last_seen, remembered.pin) == (True, None)
    assert remembered.certificates == full.certificates
    bench.hub.pull(READER)
    assert [view.kind for view in desk.last_seen()] == ["empty"]


def write_certificate(session: PivSession) -> None:
    key = session.generate_asymmetric_key_pair(Slot.KEY_MANAGEMENT, Algorithm.ECC_P256)
    recipes.write_certificate(session, Slot.KEY_MANAGEMENT, certify(key))


CHANGES: dict[str, Callable[[PivSession], object]] = {
    "a renewed certificate": write_certificate,
    "a certificate more": lambda session: recipes.write_certificate(session, Slot.SIGNATURE, b"\x30\x00"),
    "a certificate less": lambda session: session.put_data(Slot.KEY_MANAGEMENT.object_tag, b""),
    "another GUID": lambda session: session.put_data(ObjectTag.CHUID, chuid(2)),
    "a retired key": lambda session: session.put_data(ObjectTag.KEY_HISTORY, KeyHistory(1).encode()),
}


@PERSONALITIES
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_read_in_full(personality: Personality, change: str) -> None:
    bench = enrolled(personality)
    desk = bench.desk()
    desk.survey()
    with bench.admin() as session:
        CHANGES[change](session)
    assert desk.glance() == bench.desk().survey()


def test_another_card_of_the_same_make_is_another_card() -> None:
    bench = BenchCard(YUBIKEY)
    desk = bench.desk()
    [first] = desk.survey()
    bench.hub.insert(READER, VirtualPivCard.create(personality=YUBIKEY))
    [second] = desk.glance()
    assert first.serial != second.serial


def test_the_tries_are_never_remembered() -> None:
    bench = enrolled(YUBIKEY)
    desk = bench.desk()
    desk.survey()
    with bench.session() as session, pytest.raises(Exception, match="C201"):
        session.verify_pin(Secret("999999"))
    [view] = desk.glance()
    assert view.pin is not None
    assert view.pin.tries_left == 2
    with bench.session() as session:
        session.verify_pin(Secret(PIN))


def test_a_bounded_number_of_cards_is_remembered() -> None:
    memory = CardMemory()
    for number in range(REMEMBERED_MAX + 3):
        memory.keep(CardOverview(f"Reader {number}", "piv", b"\x3b\x00", serial=number), {})
    assert memory.last_seen(ReaderState("Reader 0", b"\x3b\x00")) is None
    assert memory.last_seen(ReaderState(f"Reader {REMEMBERED_MAX}", b"\x3b\x00")) is not None
