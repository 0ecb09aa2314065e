"""The recorder counts everything; every fault really happens to the card below."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from cardtool import errors
from cardtool.pcsc.decorator import ConnectionDecorator
from cardtool.pcsc.faults import CardFault, Injector, RecordedAct, Recorder, watch
from cardtool.pcsc.replay import ReplayConnection
from cardtool.pcsc.transport import Connection, ReaderState

STATUS = bytes.fromhex("00200080")


class Card(ConnectionDecorator):
    """Answers 9000, remembers what reached it."""

    def __init__(self) -> None:
        super().__init__(ReplayConnection(""))
        self.got: list[bytes] = []
        self.resets: list[bool] = []

    def transmit(self, command: bytes) -> bytes:
        self.got.append(command)
        return b"\x90\x00"

    def disconnect(self, *, reset: bool) -> None:
        self.resets.append(reset)


class Hub:
    def __init__(self) -> None:
        self.cards: list[Card] = []
        self.interrupted = False

    def readers(self) -> Sequence[ReaderState]:
        return [ReaderState("Replay 0", b"\x3b")]

    def connect(self, reader: str) -> Connection:
        self.cards.append(Card())
        return self.cards[-1]

    def wait_for_change(self, known: Sequence[ReaderState], timeout: float) -> bool:
        return list(known) != self.readers()

    def interrupt(self) -> None:
        self.interrupted = True


def test_every_transmit_is_an_act_over_all_connections() -> None:
    hub, recorder = Hub(), Recorder()
    watched = watch(hub, recorder)
    watched.connect("").transmit(STATUS)
    recorder.record("http", "POST /orders")
    watched.connect("").transmit(bytes.fromhex("002000800831323334353637 38"))
    assert recorder.acts == [
        RecordedAct("apdu", "VERIFY 0080"),
        RecordedAct("http", "POST /orders"),
        RecordedAct("apdu", "VERIFY 0080"),
    ]
    assert hub.cards[1].resets == []


def test_the_rest_of_the_hub_is_handed_on() -> None:
    hub = Hub()
    watched = watch(hub, Recorder())
    assert watched.readers() == hub.readers()
    assert watched.wait_for_change([], 0)
    watched.interrupt()
    assert hub.interrupted


@pytest.mark.parametrize(
    ("fault", "error", "reached"),
    [
        (CardFault.REMOVED_BEFORE, errors.CardRemoved, 0),
        (CardFault.REMOVED_AFTER, errors.CardRemoved, 1),
        (CardFault.UNPLUGGED, errors.ReaderUnplugged, 0),
        (CardFault.RESET, errors.CardWasReset, 0),
        (CardFault.HELD, errors.CardHeld, 0),
    ],
)
def test_faults_that_end_the_connection(
    fault: CardFault, error: type[errors.CardToolError], reached: int
) -> None:
    hub = Hub()
    injector = Injector({0: fault})
    connection = watch(hub, Recorder(), injector).connect("")
    with pytest.raises(error):
        connection.transmit(STATUS)
    # The card lost its status for good, and the connection stays ended.
    assert (len(hub.cards[0].got), hub.cards[0].resets) == (reached, [True])
    for use in (lambda: connection.transmit(STATUS), connection.keep_alive):
        with pytest.raises(error):
            use()
    connection.disconnect(reset=False)
    assert hub.cards[0].resets == [True]
    assert injector.happened == [(0, fault)]


@pytest.mark.parametrize(
    ("fault", "answer"),
    [(CardFault.SW_6F00, "6F00"), (CardFault.SW_6581, "6581"), (CardFault.SW_6982, "6982")],
)
def test_status_words_are_answered_without_the_card(fault: CardFault, answer: str) -> None:
    hub = Hub()
    connection = watch(hub, Recorder(), Injector({1: fault})).connect("")
    assert connection.transmit(STATUS).hex() == "9000"
    assert connection.transmit(STATUS).hex().upper() == answer
    assert connection.transmit(STATUS).hex() == "9000"
    assert len(hub.cards[0].got) == 2


def test_a_slow_card_answers_in_the_end() -> None:
    slept: list[float] = []
    hub = Hub()
    connection = watch(hub, Recorder(), Injector({0: CardFault.SLOW}, sleep=slept.append)).connect("")
    assert connection.transmit(STATUS).hex() == "9000"
    assert slept == [30.0]


def test_the_runner_is_told_when_a_fault_was_done() -> None:
    told: list[CardFault] = []
    connection = watch(Hub(), Recorder(), Injector({0: CardFault.RESET}, then=told.append)).connect("")
    with pytest.raises(errors.CardWasReset):
        connection.transmit(STATUS)
    assert told == [CardFault.RESET]
