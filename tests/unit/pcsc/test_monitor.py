"""The monitor tells what changes, survives the service, and ends when told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cardtool.errors import CardToolError, ReaderNotPermitted, ReaderServiceOff
from cardtool.pcsc.monitor import Monitor
from cardtool.pcsc.transport import Connection, ReaderState

EMPTY = ReaderState("Reader 0")
FILLED = ReaderState("Reader 0", b"\x3b\x00")


class Hub:
    """Readers set by the test; ``off`` makes every question fail."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.now: list[ReaderState] = [EMPTY]
        self.off = False
        self.interrupted = 0

    def set(self, *, now: list[ReaderState] | None = None, off: bool = False) -> None:
        with self.changed:
            self.now, self.off = self.now if now is None else now, off
            self.changed.notify_all()

    def _check(self) -> None:
        if self.off:
            raise ReaderServiceOff

    def readers(self) -> Sequence[ReaderState]:
        self._check()
        return list(self.now)

    def connect(self, reader: str) -> Connection:
        raise AssertionError("a monitor touches no card")

    def wait_for_change(self, known: Sequence[ReaderState], timeout: float) -> bool:
        with self.changed:
            before = self.interrupted
            self.changed.wait_for(
                lambda: self.off or self.now != known or self.interrupted != before, timeout
            )
            self._check()
            return self.now != known

    def interrupt(self) -> None:
        with self.changed:
            self.interrupted += 1
            self.changed.notify_all()


class Told:
    """Collects the calls and lets the test wait for them."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[ReaderState], CardToolError | None]] = []
        self._grown = threading.Condition()

    def __call__(self, readers: Sequence[ReaderState], error: CardToolError | None) -> None:
        with self._grown:
            self.calls.append((list(readers), error))
            self._grown.notify_all()

    def wait(self, count: int) -> None:
        with self._grown:
            assert self._grown.wait_for(lambda: len(self.calls) >= count, 30), self.calls


@contextmanager
def running(hub: Hub) -> Iterator[Told]:
    told = Told()
    monitor = Monitor(hub, told)
    monitor.start()
    try:
        yield told
    finally:
        monitor.stop()
        monitor.stop()


def test_the_readers_are_told_at_once_and_after_every_change() -> None:
    hub = Hub()
    with running(hub) as told:
        told.wait(1)
        hub.set(now=[FILLED])
        told.wait(2)
        hub.set(now=[])
        told.wait(3)
    assert told.calls == [([EMPTY], None), ([FILLED], None), ([], None)]


def test_a_stopped_service_is_told_once_and_its_return_too() -> None:
    hub = Hub()
    with running(hub) as told:
        for round_trip in range(2):
            told.wait(1 + 2 * round_trip)
            hub.set(off=True)
            told.wait(2 + 2 * round_trip)
            hub.set(off=False)
        told.wait(5)
    assert [type(error) for _, error in told.calls] == [type(None), ReaderServiceOff] * 2 + [type(None)]
    assert told.calls[4] == ([EMPTY], None)


def test_a_failure_that_passes_is_not_told() -> None:
    class Hiccup(Hub):
        failures = 1

        def readers(self) -> Sequence[ReaderState]:
            self.failures -= 1
            if self.failures >= 0:
                raise ReaderNotPermitted
            return super().readers()

    with running(Hiccup()) as told:
        told.wait(1)
    assert told.calls == [([EMPTY], None)]


def test_it_stops_while_waiting_and_while_the_service_is_off() -> None:
    for off in (False, True):
        hub = Hub()
        hub.off = off
        with running(hub) as told:
            told.wait(1)
        assert not [thread for thread in threading.enumerate() if thread.name == "card-monitor"]


def test_it_may_be_stopped_before_it_started() -> None:
    Monitor(Hub(), Told()).stop()
