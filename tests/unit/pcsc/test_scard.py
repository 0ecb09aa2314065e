# ruff: noqa: N802  (the fake has the names of the PC/SC functions)
"""PC/SC as pyscard hands it over, played by a fake service: codes, counters, limits, no daemon needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from smartcard import scard as pyscard

from cardtool import errors
from cardtool.pcsc import scard
from cardtool.pcsc.scard import PNP_NOTIFICATION, ScardHub
from cardtool.pcsc.transport import ReaderState

OK = 0
REMOVED, RESET, NOT_TRANSACTED = 0x80100069, 0x80100068, 0x80100016
NO_SERVICE, TIMEOUT, CANCELLED = 0x8010001D, 0x8010000A, 0x80100002
UNKNOWN_READER = 0x80100009
ATR = [0x3B, 0x00]


class FakeService:
    """Answers like ``smartcard.scard``; whatever is not set here succeeds."""

    def __init__(self) -> None:
        self.readers: dict[str, tuple[int, list[int]]] = {
            "Reader 0": (0x00030000 | pyscard.SCARD_STATE_PRESENT, ATR)
        }
        self.codes: dict[str, list[int]] = {}
        self.answer = [0x90, 0x00]
        self.features: list[int] = []
        self.protocol = pyscard.SCARD_PROTOCOL_T1
        self.calls: list[tuple[Any, ...]] = []
        self.waits: list[list[tuple[str, int]]] = []
        self.on_wait: list[Any] = []
        self.contexts = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(pyscard, name)  # the constants

    def _code(self, name: str, *arguments: Any) -> int:
        self.calls.append((name, *arguments))
        codes = self.codes.get(name, [])
        return codes.pop(0) if codes else OK

    def SCardEstablishContext(self, scope: int) -> tuple[int, int]:
        code = self._code("establish")
        self.contexts += code == OK
        return code, 1

    def SCardReleaseContext(self, context: int) -> int:
        self.contexts -= 1
        return OK

    def SCardListReaders(self, context: int, groups: list[str]) -> tuple[int, list[str]]:
        return self._code("list"), list(self.readers)

    def SCardGetStatusChange(
        self, context: int, timeout: int, states: list[tuple[str, int]]
    ) -> tuple[int, Any]:
        if timeout == 0:
            return OK, [(name, *self.readers[name]) for name, _ in states]
        self.waits.append(states)
        return self.on_wait.pop(0)(states)

    def SCardCancel(self, context: int) -> int:
        return self._code("cancel")

    def SCardConnect(self, context: int, reader: str, mode: int, protocols: int) -> tuple[int, int, int]:
        return self._code("connect", reader), 5, self.protocol

    def SCardReconnect(self, handle: int, mode: int, protocols: int, how: int) -> tuple[int, int]:
        return self._code("reconnect", how), self.protocol

    def SCardStatus(self, handle: int) -> tuple[int, str, int, int, list[int]]:
        return self._code("status"), "Reader 0", 0, self.protocol, ATR

    def SCardTransmit(self, handle: int, pci: int, command: list[int]) -> tuple[int, list[int]]:
        return self._code("transmit", pci, bytes(command).hex()), self.answer

    def SCardControl(self, handle: int, code: int, data: list[int]) -> tuple[int, list[int]]:
        return self._code("control", code), self.features

    def SCardBeginTransaction(self, handle: int) -> int:
        return self._code("begin")

    def SCardEndTransaction(self, handle: int, how: int) -> int:
        return self._code("end", how)

    def SCardDisconnect(self, handle: int, how: int) -> int:
        return self._code("disconnect", how)

    def names(self) -> list[str]:
        return [call[0] for call in self.calls]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeService]:
    fake = FakeService()
    monkeypatch.setattr(scard, "native", fake)
    monkeypatch.setattr(scard, "PULL_NOTICE_LIMIT", 0.2)
    yield fake
    assert fake.contexts == 0, "a context was left open"


def test_readers_with_their_cards(service: FakeService) -> None:
    service.readers["Reader 1"] = (pyscard.SCARD_STATE_EMPTY, [])
    service.readers["Reader 2"] = (pyscard.SCARD_STATE_PRESENT | pyscard.SCARD_STATE_MUTE, [])
    service.readers["Reader 3"] = (pyscard.SCARD_STATE_PRESENT | pyscard.SCARD_STATE_EXCLUSIVE, [0x3B, -1])
    assert ScardHub().readers() == [
        ReaderState("Reader 0", b"\x3b\x00", events=3),
        ReaderState("Reader 1"),
        ReaderState("Reader 2", b"", mute=True),
        ReaderState("Reader 3", b"\x3b\xff", in_use=True),
    ]


def test_no_reader_is_an_empty_list(service: FakeService) -> None:
    service.codes["list"] = [0x8010002E]
    assert ScardHub().readers() == []


@pytest.mark.parametrize(
    ("code", "error"),
    [(NO_SERVICE, errors.ReaderServiceOff), (0x8010006A - 2**32, errors.ReaderNotPermitted)],
)
def test_a_service_that_is_off_or_refuses(service: FakeService, code: int, error: type[Exception]) -> None:
    service.codes["establish"] = [code]
    with pytest.raises(error):
        ScardHub().readers()


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (0x8010000C, errors.NoCard),
        (REMOVED, errors.NoCard),
        (0x80100066, errors.CardMute),
        (0x8010000B, errors.CardHeld),
        (UNKNOWN_READER, errors.ReaderUnplugged),
    ],
)
def test_connecting_fails(service: FakeService, code: int, error: type[errors.CardError]) -> None:
    service.codes["connect"] = [code]
    with pytest.raises(error):
        ScardHub().connect("Reader 0")


def test_a_conversation(service: FakeService) -> None:
    connection = ScardHub().connect("Reader 0")
    assert (connection.reader, connection.atr) == ("Reader 0", b"\x3b\x00")
    with connection.transaction(), connection.transaction():
        assert connection.transmit(bytes.fromhex("00A4040001A000")) == b"\x90\x00"
        connection.keep_alive()
    connection.disconnect(reset=True)
    connection.disconnect(reset=False)
    assert service.calls[-1] == ("disconnect", pyscard.SCARD_RESET_CARD)
    assert service.names().count("begin") == service.names().count("end") == 1
    assert ("transmit", pyscard.SCARD_PCI_T1, "00a4040001a000") in service.calls


def test_t0_leaves_le_out(service: FakeService) -> None:
    service.protocol = pyscard.SCARD_PROTOCOL_T0
    connection = ScardHub().connect("Reader 0")
    connection.transmit(bytes.fromhex("00A4040001A000"))
    assert service.calls[-1] == ("transmit", pyscard.SCARD_PCI_T0, "00a4040001a0")
    connection.disconnect(reset=False)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (REMOVED, errors.CardRemoved),
        (0x8010000C, errors.CardRemoved),
        (RESET, errors.CardWasReset),
        (0x80100017, errors.ReaderUnplugged),
        (0x8010001E, errors.ReaderServiceOff),
        (0x80100011, errors.ReaderFault),
    ],
)
def test_an_exchange_fails(service: FakeService, code: int, error: type[errors.CardToolError]) -> None:
    connection = ScardHub().connect("Reader 0")
    service.codes["transmit"] = [code]
    with pytest.raises(error):
        connection.transmit(b"\x00\xa4\x04\x00")
    connection.disconnect(reset=False)


def test_right_after_a_pull_the_service_is_asked_until_it_noticed(service: FakeService) -> None:
    connection = ScardHub().connect("Reader 0")
    service.codes |= {"transmit": [NOT_TRANSACTED], "status": [OK, OK, REMOVED]}
    with pytest.raises(errors.CardRemoved):
        connection.transmit(b"\x00\xa4\x04\x00")
    connection.disconnect(reset=False)


def test_a_card_that_only_failed_is_no_pulled_card(service: FakeService) -> None:
    connection = ScardHub().connect("Reader 0")
    service.codes["transmit"] = [NOT_TRANSACTED]
    with pytest.raises(errors.ReaderFault) as caught:
        connection.transmit(b"\x00\xa4\x04\x00")
    assert caught.value.status == NOT_TRANSACTED
    connection.disconnect(reset=False)


def test_success_with_nothing_in_it_is_a_pull(service: FakeService) -> None:
    connection = ScardHub().connect("Reader 0")
    service.answer = []
    with pytest.raises(errors.CardRemoved):
        connection.transmit(b"\x00\xa4\x04\x00")
    connection.disconnect(reset=False)


def test_a_reset_before_our_transaction_cost_us_nothing(service: FakeService) -> None:
    connection = ScardHub().connect("Reader 0")
    service.codes["begin"] = [RESET, OK]
    with connection.transaction():
        pass
    assert ("reconnect", pyscard.SCARD_LEAVE_CARD) in service.calls
    connection.disconnect(reset=False)


def test_a_card_held_by_a_transaction_counts_as_held_in_the_end(
    service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scard, "HELD_LIMIT", 0.02)
    release, closed = threading.Event(), threading.Event()
    connection = ScardHub().connect("Reader 0")

    def begin(handle: int) -> int:
        release.wait(60)
        return OK

    def disconnect(handle: int, how: int) -> int:
        closed.set()
        return OK

    monkeypatch.setattr(service, "SCardBeginTransaction", begin, raising=False)
    monkeypatch.setattr(service, "SCardDisconnect", disconnect, raising=False)
    with pytest.raises(errors.CardHeld), connection.transaction():
        pytest.fail("it is held")
    connection.disconnect(reset=False)
    assert not closed.is_set(), "the waiting call still owns the handle"
    with pytest.raises(errors.CardRemoved):
        connection.transmit(b"\x00\xa4\x04\x00")
    release.set()
    assert closed.wait(60)
    deadline = time.monotonic() + 60
    while service.contexts and time.monotonic() < deadline:  # the fixture looks that none is left
        time.sleep(0.01)


def test_features_of_part_10(service: FakeService) -> None:
    service.features = [
        *bytes.fromhex("060442330006"),
        *bytes.fromhex("0704 42330007".replace(" ", "")),
        0x08,
    ]
    connection = ScardHub().connect("Reader 0")
    assert connection.features == {0x06: 0x42330006, 0x07: 0x42330007}
    assert connection.features
    assert service.names().count("control") == 1
    connection.disconnect(reset=False)


def test_a_reader_without_features(service: FakeService) -> None:
    connection = ScardHub().connect("Reader 0")
    service.codes["control"] = [0x80100001]
    assert connection.features == {}
    connection.disconnect(reset=False)


# --- waiting ---


def unchanged(states: list[tuple[str, int]]) -> tuple[int, list[Any]]:
    return TIMEOUT, []


def test_a_difference_is_told_without_waiting(service: FakeService) -> None:
    assert ScardHub().wait_for_change([], 10)
    assert service.waits == []


def test_an_insertion_wakes(service: FakeService) -> None:
    hub = ScardHub()
    known = hub.readers()

    def swapped(states: list[tuple[str, int]]) -> tuple[int, list[Any]]:
        service.readers["Reader 0"] = (0x00050000 | pyscard.SCARD_STATE_PRESENT, ATR)
        return OK, [("Reader 0", 0x00050002, ATR), (PNP_NOTIFICATION, 0x00010000, [])]

    service.on_wait = [swapped]
    assert hub.wait_for_change(known, 10), "another card of the same kind: only the counter tells"
    assert dict(service.waits[0])[PNP_NOTIFICATION] == 1 << 16


def test_being_used_is_no_change(service: FakeService) -> None:
    hub = ScardHub()
    known = hub.readers()

    def used(states: list[tuple[str, int]]) -> tuple[int, list[Any]]:
        state = 0x00030000 | pyscard.SCARD_STATE_PRESENT | pyscard.SCARD_STATE_INUSE
        service.readers["Reader 0"] = (state, ATR)
        return OK, [("Reader 0", state, ATR), (PNP_NOTIFICATION, 0x00010000, [])]

    def cancelled(states: list[tuple[str, int]]) -> tuple[int, list[Any]]:
        hub.interrupt()
        return CANCELLED, []

    service.on_wait = [used, cancelled]
    assert not hub.wait_for_change(known, 10)
    assert len(service.waits) == 2


def test_time_runs_out(service: FakeService) -> None:
    hub = ScardHub()
    service.on_wait = [unchanged] * 1000
    assert not hub.wait_for_change(hub.readers(), 0.0)


@pytest.mark.parametrize(
    "answer", [(UNKNOWN_READER, []), (OK, [(PNP_NOTIFICATION, pyscard.SCARD_STATE_UNKNOWN, [])])]
)
def test_without_notification_the_list_is_looked_at_now_and_again(service: FakeService, answer: Any) -> None:
    hub = ScardHub()
    known = hub.readers()

    def plugged(states: list[tuple[str, int]]) -> tuple[int, list[Any]]:
        service.readers["Reader 1"] = (pyscard.SCARD_STATE_EMPTY, [])
        return TIMEOUT, []

    service.on_wait = [lambda _states: answer, plugged]
    assert hub.wait_for_change(known, 10)
    assert PNP_NOTIFICATION not in dict(service.waits[1])


def test_the_service_ends_while_waiting(service: FakeService) -> None:
    hub = ScardHub()
    known = hub.readers()
    service.on_wait = [lambda _states: (0x8010001E, [])]
    with pytest.raises(errors.ReaderServiceOff):
        hub.wait_for_change(known, 10)


def test_a_broken_link_to_the_service_is_looked_into(service: FakeService) -> None:
    hub = ScardHub()
    known = hub.readers()
    service.codes["list"] = [OK, 0x80100003]
    service.on_wait = [lambda _states: (0x80100013, [])]
    with pytest.raises(errors.ReaderServiceOff):
        hub.wait_for_change(known, 10)
