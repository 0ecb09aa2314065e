"""What may be done to any card: nothing is written, no try is spent."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from cardtool.cards.identify import Application, identify
from cardtool.cards.pin import PinStatus
from cardtool.errors import CardRemoved, CardToolError, CardWasReset, NoCard
from cardtool.pcsc.chaining import open_channel
from cardtool.pcsc.monitor import Monitor
from cardtool.pcsc.transport import ReaderState
from tests.contract.conftest import CardUnderTest


def test_it_is_identified(card: CardUnderTest) -> None:
    connection = card.hub.connect(card.reader)
    try:
        with connection.transaction():
            assert identify(open_channel(connection)) is Application.PIV
    finally:
        connection.disconnect(reset=False)


def test_the_overview_is_read_with_few_commands(card: CardUnderTest) -> None:
    overview = next(item for item in card.desk.survey() if item.reader == card.reader)
    assert overview.kind == "piv"
    assert overview.atr
    assert overview.pin is not None
    # SELECT, CHUID, Key History, four certificates, serial, tries; more only for what the certificates weigh.
    weight = sum(len(item.der) // 200 + 2 for item in overview.certificates)
    assert len(card.recorder.acts) <= 9 + weight


def test_a_fresh_session_is_not_verified(card: CardUnderTest) -> None:
    with card.session() as session:
        assert not session.pin_status().verified
        assert not session.status_gained


@pytest.mark.needs("secrets")
def test_the_right_pin(card: CardUnderTest) -> None:
    with card.session() as session:
        session.verify_pin(card.pin)
        assert session.pin_status() == PinStatus(verified=True, tries_left=None)
    with card.session() as session:
        assert not session.pin_status().verified, "the card was not reset at the end"


@pytest.mark.needs("secrets")
def test_logging_out_where_it_can(card: CardUnderTest) -> None:
    with card.session() as session:
        session.verify_pin(card.pin)
        assert session.logout() is not session.pin_status().verified


def test_a_reset_by_another_program_is_noticed(card: CardUnderTest) -> None:
    ours, other = card.hub.connect(card.reader), card.hub.connect(card.reader)
    try:
        ours.transmit(bytes.fromhex("00200080"))
        other.disconnect(reset=True)
        with pytest.raises(CardWasReset):
            ours.transmit(bytes.fromhex("00200080"))
    finally:
        ours.disconnect(reset=False)
    with card.session() as session:
        session.keep_alive()


def test_a_reset_before_a_transaction_goes_unnoticed(card: CardUnderTest) -> None:
    ours, other = card.hub.connect(card.reader), card.hub.connect(card.reader)
    other.disconnect(reset=True)
    try:
        with ours.transaction():
            assert ours.transmit(bytes.fromhex("00A4040009A0000003080000100000"))
    finally:
        ours.disconnect(reset=False)


@pytest.mark.needs("hands")
def test_a_pull_is_noticed_and_the_card_comes_back(card: CardUnderTest) -> None:
    assert card.pull is not None
    assert card.insert is not None
    with card.session() as session:
        card.pull()
        with pytest.raises(CardRemoved):
            session.pin_status()
    with pytest.raises(NoCard), card.session():
        pytest.fail("there is no card")
    card.insert()
    with card.session() as session:
        assert not session.pin_status().verified


@pytest.mark.needs("hands")
def test_the_monitor_tells_of_pull_and_insertion(card: CardUnderTest) -> None:
    assert card.pull is not None
    assert card.insert is not None
    seen: list[bool] = []
    grown = threading.Condition()

    def changed(readers: Sequence[ReaderState], error: CardToolError | None) -> None:
        with grown:
            seen.append(any(state.name == card.reader and state.atr for state in readers))
            grown.notify_all()

    def wait_for(last: bool) -> None:
        with grown:
            assert grown.wait_for(lambda: bool(seen) and seen[-1] is last, 5), seen

    monitor = Monitor(card.hub, changed)
    monitor.start()
    try:
        wait_for(True)
        card.pull()
        wait_for(False)
        card.insert()
        wait_for(True)
    finally:
        monitor.stop()
