"""The in-process readers behave as PC/SC does, whoever is at the card and whatever happens to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from cardtool.errors import (
    CardHeld,
    CardMute,
    CardRemoved,
    CardWasReset,
    NoCard,
    ReaderFault,
    ReaderUnplugged,
)
from cardtool.pcsc.transport import Connection, ReaderHub
from cardtool.pcsc.virtual.connection import VirtualConnection
from cardtool.pcsc.virtual.piv import VirtualPivCard
from cardtool.pcsc.virtual.reader import VirtualHub
from tests.unit.virtual.terminal import P256, SELECT_PIV, VERIFY_123456, VERIFY_STATUS, VERIFY_WRONG, Terminal

READER = "Practice reader"
SOON = 30.0
Start = Callable[..., Future[object]]


@pytest.fixture
def card() -> VirtualPivCard:
    return VirtualPivCard.create()


@pytest.fixture
def hub(card: VirtualPivCard) -> VirtualHub:
    hub = VirtualHub(patience=0.2)
    hub.plug(READER)
    hub.insert(READER, card)
    return hub


@pytest.fixture
def connection(hub: VirtualHub) -> VirtualConnection:
    connection = hub.connect(READER)
    connection.transmit(SELECT_PIV)
    return connection


@pytest.fixture
def start() -> Iterator[Start]:
    """Runs a function in a thread of its own."""
    with ThreadPoolExecutor(4) as pool:
        yield pool.submit


def test_is_what_the_transport_asks_for(hub: VirtualHub, connection: VirtualConnection) -> None:
    reader_hub: ReaderHub = hub
    open_connection: Connection = connection
    assert reader_hub.readers()[0].atr == open_connection.atr
    assert (open_connection.reader, open_connection.features) == (READER, {})
    with pytest.raises(ReaderFault):
        open_connection.control(0x42000D48, b"")


def test_what_readers_say(hub: VirtualHub, card: VirtualPivCard) -> None:
    hub.plug("Other")
    states = {state.name: state for state in hub.readers()}
    assert (states["Other"].atr, states[READER].atr) == (None, card.atr)
    assert not states[READER].in_use
    connection = hub.connect(READER)
    assert hub.readers()[0].in_use
    connection.disconnect(reset=False)
    assert not hub.readers()[0].in_use


def test_connecting_where_there_is_nothing(hub: VirtualHub) -> None:
    hub.pull(READER)
    with pytest.raises(NoCard):
        hub.connect(READER)
    hub.insert_mute(READER)
    assert hub.readers()[0].mute
    with pytest.raises(CardMute):
        hub.connect(READER)
    with pytest.raises(ReaderUnplugged):
        hub.connect("No such reader")


def test_after_a_pull_the_connection_is_dead_for_ever(
    hub: VirtualHub, card: VirtualPivCard, connection: VirtualConnection
) -> None:
    hub.pull(READER)
    for _ in range(2):
        with pytest.raises(CardRemoved):
            connection.transmit(VERIFY_STATUS)
    hub.insert(READER, card)
    with pytest.raises(CardRemoved):
        connection.keep_alive()
    with pytest.raises(CardRemoved), connection.transaction():
        pass
    connection.disconnect(reset=True)
    assert hub.connect(READER).transmit(VERIFY_STATUS) == bytes.fromhex("6D00"), "selection must be lost"


def test_after_unplugging(hub: VirtualHub, connection: VirtualConnection) -> None:
    hub.unplug(READER)
    assert not hub.readers()
    for act in (lambda: connection.transmit(VERIFY_STATUS), connection.keep_alive):
        with pytest.raises(ReaderUnplugged):
            act()
    connection.disconnect(reset=True)


def test_reset_by_another_is_noticed_until_a_transaction_begins(
    hub: VirtualHub, connection: VirtualConnection
) -> None:
    connection.transmit(VERIFY_123456)
    hub.reset_by_other(READER)
    for _ in range(2):
        with pytest.raises(CardWasReset):
            connection.transmit(VERIFY_STATUS)
    with connection.transaction():
        connection.transmit(SELECT_PIV)
        assert connection.transmit(VERIFY_STATUS) == bytes.fromhex("63C3")


def test_reset_within_a_transaction_is_noticed(hub: VirtualHub, connection: VirtualConnection) -> None:
    with connection.transaction():
        hub.reset_by_other(READER)
        with pytest.raises(CardWasReset):
            connection.transmit(VERIFY_STATUS)


def test_disconnect_with_reset_takes_the_status_and_tells_others(
    hub: VirtualHub, connection: VirtualConnection
) -> None:
    other = hub.connect(READER)
    connection.transmit(VERIFY_123456)
    connection.disconnect(reset=True)
    with pytest.raises(CardWasReset):
        other.transmit(VERIFY_STATUS)
    third = hub.connect(READER)
    third.transmit(SELECT_PIV)
    assert third.transmit(VERIFY_STATUS) == bytes.fromhex("63C3")


def test_disconnect_without_reset_leaves_the_status_to_whoever_comes(
    hub: VirtualHub, connection: VirtualConnection
) -> None:
    connection.transmit(VERIFY_123456)
    connection.disconnect(reset=False)
    assert hub.connect(READER).transmit(VERIFY_STATUS) == bytes.fromhex("9000")
    with pytest.raises(CardRemoved):
        connection.transmit(VERIFY_STATUS)


def test_lost_answer_the_act_is_done(
    hub: VirtualHub, card: VirtualPivCard, connection: VirtualConnection
) -> None:
    hub.lose_next_answer(READER)
    with pytest.raises(CardRemoved):
        connection.transmit(VERIFY_WRONG)
    assert card.state.pin.tries == 2
    assert hub.readers()[0].atr is None


# --- others at the card -----------------------------------------------------------------------


def test_exclusive_use_by_another_program(hub: VirtualHub) -> None:
    hub.hold(READER, "scdaemon")
    with pytest.raises(CardHeld) as caught:
        hub.connect(READER)
    assert caught.value.holder == "scdaemon"
    hub.release(READER)
    hub.connect(READER)


def test_a_transaction_keeps_others_out_until_patience_ends(
    hub: VirtualHub, connection: VirtualConnection, start: Start
) -> None:
    other = hub.connect(READER)
    with connection.transaction():
        for act in (
            lambda: other.transmit(VERIFY_STATUS),
            lambda: other.transaction().__enter__(),
            lambda: hub.connect(READER),
        ):
            with pytest.raises(CardHeld):
                start(act).result(SOON)
        connection.transmit(VERIFY_STATUS)
    assert start(other.transmit, VERIFY_STATUS).result(SOON) == bytes.fromhex("63C3")


def test_the_other_goes_on_as_soon_as_the_transaction_ends(card: VirtualPivCard, start: Start) -> None:
    hub = VirtualHub(patience=SOON)
    hub.plug(READER)
    hub.insert(READER, card)
    first, second = hub.connect(READER), hub.connect(READER)
    order: list[str] = []

    def wait_and_send() -> None:
        second.transmit(SELECT_PIV)
        order.append("second")

    with first.transaction():
        waiting = start(wait_and_send)
        time.sleep(0.05)
        first.transmit(SELECT_PIV)
        order.append("first")
    waiting.result(SOON)
    assert order == ["first", "second"]


def test_nested_transactions_are_one(hub: VirtualHub, connection: VirtualConnection, start: Start) -> None:
    other = hub.connect(READER)
    with connection.transaction():
        with connection.transaction():
            pass
        with pytest.raises(CardHeld):
            start(other.transmit, VERIFY_STATUS).result(SOON)


def test_a_pull_ends_the_wait_of_others(card: VirtualPivCard, start: Start) -> None:
    hub = VirtualHub(patience=SOON)
    hub.plug(READER)
    hub.insert(READER, card)
    first, second = hub.connect(READER), hub.connect(READER)
    with first.transaction():
        waiting = start(second.transmit, VERIFY_STATUS)
        time.sleep(0.05)
        hub.pull(READER)
        with pytest.raises(CardRemoved):
            waiting.result(SOON)


def test_pulled_while_it_makes_a_key_slowly(hub: VirtualHub, card: VirtualPivCard, start: Start) -> None:
    working = threading.Event()

    def slow(_algorithm: object) -> float:
        working.set()
        return 60.0

    card.pace = slow
    terminal = Terminal(hub.connect(READER).transmit)
    terminal.select()
    terminal.admin()
    making = start(terminal.generate, 0x9A, P256)
    assert working.wait(SOON)
    hub.pull(READER)
    with pytest.raises(CardRemoved):
        making.result(SOON)
    assert 0x9A not in card.state.keys


# --- waiting for changes ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "act",
    [
        lambda hub, card: hub.pull(READER),
        lambda hub, card: hub.insert(READER, card),
        lambda hub, card: hub.unplug(READER),
        lambda hub, card: hub.plug("Other"),
        lambda hub, card: hub.insert_mute(READER),
    ],
    ids=["pull", "insert the same again", "unplug", "plug", "mute"],
)
def test_wakes_at_a_change(
    hub: VirtualHub, card: VirtualPivCard, start: Start, act: Callable[[VirtualHub, VirtualPivCard], None]
) -> None:
    waiting = start(hub.wait_for_change, hub.readers(), SOON)
    time.sleep(0.05)
    assert not waiting.done()
    act(hub, card)
    assert waiting.result(SOON) is True


def test_a_change_before_the_wait_is_not_missed(hub: VirtualHub) -> None:
    known = hub.readers()
    hub.pull(READER)
    assert hub.wait_for_change(known, SOON)


def test_using_a_card_is_no_change(hub: VirtualHub) -> None:
    known = hub.readers()
    hub.connect(READER).transmit(SELECT_PIV)
    assert not hub.wait_for_change(known, 0.01)


def test_interrupt(hub: VirtualHub, start: Start) -> None:
    waiting = start(hub.wait_for_change, hub.readers(), 2 * SOON)
    deadline = time.monotonic() + SOON
    while not waiting.done() and time.monotonic() < deadline:
        time.sleep(0.01)
        hub.interrupt()  # one that comes before the wait began interrupts nothing
    assert waiting.result(SOON) is False
