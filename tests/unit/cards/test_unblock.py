"""The PUK is never guessed: what is unknown, blocked or the last one is not presented."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cardtool import errors
from cardtool.cards.piv import yubico
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.unblock import change_puk, puk_tries, unblock_pin
from cardtool.pcsc.virtual.piv.personality import FRAGILE, GENERIC, YUBIKEY, Personality
from cardtool.secret import Secret
from tests.unit.cards.bench_card import PIN, PUK, READER, BenchCard

WRONG = Secret("00000000")
NEW_PIN = Secret("246813")
PRESENTATIONS = ("RESET RETRY COUNTER 0080", "CHANGE REFERENCE DATA 0081", "VERIFY 0081")


def presented(bench: BenchCard) -> int:
    return sum(act.name in PRESENTATIONS for act in bench.recorder.acts)


def block_pin(bench: BenchCard) -> None:
    with bench.session() as session:
        while not session.pin_status().blocked:
            with pytest.raises((errors.WrongPin, errors.PinBlocked)):
                session.verify_pin(Secret("999999"))


def test_unblocked_with_the_tries_known() -> None:
    bench = BenchCard()
    block_pin(bench)
    with bench.desk().session(READER, fresh=True) as session:
        unblock_pin(session, Secret(PUK), NEW_PIN, extensions=yubico.detect(session))
    with bench.session() as session:
        session.verify_pin(NEW_PIN)


@pytest.mark.parametrize("present", [unblock_pin, change_puk])
@pytest.mark.parametrize("personality", [GENERIC, FRAGILE], ids=lambda item: item.name)
def test_unknown_tries_are_not_risked(present: Callable[..., None], personality: Personality) -> None:
    bench = BenchCard(personality)
    with bench.session() as session:
        assert puk_tries(yubico.detect(session)) is None
        with pytest.raises(errors.PukTriesUnknown):
            present(session, Secret(PUK), Secret("87654321"), extensions=yubico.detect(session))
        assert presented(bench) == 0
        with pytest.raises(errors.LastTry):
            present(session, Secret(PUK), Secret("87654321"), vouched_tries=1)
        with pytest.raises(errors.PukBlocked):
            present(session, Secret(PUK), Secret("87654321"), vouched_tries=0)
        assert presented(bench) == 0
        present(session, Secret(PUK), Secret("87654321"), vouched_tries=2)
        assert presented(bench) == 1


def test_the_last_try_needs_a_word_and_the_card_counts_more_than_a_voucher() -> None:
    bench = BenchCard(YUBIKEY)
    for _ in range(2):
        with bench.session() as session, pytest.raises(errors.WrongPuk):
            unblock_pin(session, WRONG, NEW_PIN, extensions=yubico.detect(session))
    with bench.session() as session:
        extensions = yubico.detect(session)
        assert puk_tries(extensions) == 1
        with pytest.raises(errors.LastTry):
            unblock_pin(session, WRONG, NEW_PIN, extensions=extensions, vouched_tries=3)
        assert presented(bench) == 2
        unblock_pin(session, Secret(PUK), NEW_PIN, extensions=extensions, last_try_confirmed=True)


def test_a_second_presentation_needs_a_reset() -> None:
    """A fragile card takes any PUK after a right one: what it then says means nothing."""
    bench = BenchCard(FRAGILE)
    with bench.session() as session:
        unblock_pin(session, Secret(PUK), NEW_PIN, vouched_tries=3)
        with pytest.raises(errors.Defect):
            unblock_pin(session, WRONG, NEW_PIN, vouched_tries=3)
    assert presented(bench) == 1
    with bench.desk().session(READER, fresh=True) as session, pytest.raises(errors.WrongPuk):
        unblock_pin(session, WRONG, NEW_PIN, vouched_tries=3)


def test_fresh_means_reset_even_if_somebody_else_left_a_status() -> None:
    bench = BenchCard()
    left = bench.hub.connect(READER)
    other = PivSession(left)
    other.select()
    other.verify_pin(Secret(PIN))
    left.disconnect(reset=False)
    with bench.desk().session(READER, fresh=True) as session:
        assert not session.pin_status().verified


@pytest.mark.parametrize("value", ["12345", "123456789", "1234\t678"])
def test_a_malformed_value_is_not_sent(value: str) -> None:
    bench = BenchCard(GENERIC)
    with bench.session() as session:
        for puk, pin in ((Secret(value), NEW_PIN), (Secret(PUK), Secret(value))):
            with pytest.raises(errors.PinNotSent):
                unblock_pin(session, puk, pin, vouched_tries=3)
    assert presented(bench) == 0
