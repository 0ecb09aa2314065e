"""Acts on a card, counted at the transport, and faults put in at one of them: the fault matrix's two tools.

The recorder knows nothing of flows. Several kinds of act (APDU, HTTP, file, store) can share its one count.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cardtool.errors import CardHeld, CardRemoved, CardToolError, CardWasReset, ReaderUnplugged
from cardtool.pcsc.apdu import SW, Command, InvalidCommand
from cardtool.pcsc.decorator import ConnectionDecorator
from cardtool.pcsc.transport import Connection, ReaderHub, ReaderState

SLOW_SECONDS = 30.0


class CardFault(StrEnum):
    """What happens at an act. The first five end the connection and really reset the card below it."""

    REMOVED_BEFORE = "removed before"
    REMOVED_AFTER = "removed after, answer lost"
    UNPLUGGED = "reader unplugged"
    RESET = "reset by another program"
    HELD = "held by another program"
    SW_6F00 = "SW 6F00"
    SW_6581 = "SW 6581"
    SW_6982 = "SW 6982"
    SLOW = "slow"


_ENDING: Mapping[CardFault, type[CardToolError]] = {
    CardFault.REMOVED_BEFORE: CardRemoved,
    CardFault.REMOVED_AFTER: CardRemoved,
    CardFault.UNPLUGGED: ReaderUnplugged,
    CardFault.RESET: CardWasReset,
    CardFault.HELD: CardHeld,
}
_STATUS_WORD: Mapping[CardFault, SW] = {
    CardFault.SW_6F00: SW.NO_PRECISE_DIAGNOSIS,
    CardFault.SW_6581: SW.MEMORY_FAILURE,
    CardFault.SW_6982: SW.SECURITY_STATUS_NOT_SATISFIED,
}


@dataclass(frozen=True)
class RecordedAct:
    """``kind``: apdu, http, file, store. ``name`` in that world's words, without any data."""

    kind: str
    name: str


class Recorder:
    """Counts every outside act in one order; ``acts[i]`` is act i."""

    def __init__(self) -> None:
        self.acts: list[RecordedAct] = []

    def record(self, kind: str, name: str) -> int:
        """Note one act about to happen; its index."""
        self.acts.append(RecordedAct(kind, name))
        return len(self.acts) - 1


class Injector:
    """Puts ``plan[i]`` in at act i. ``happened`` lists what was put in.

    ``then`` is told of each fault after it was done, e.g. to put another card into the reader.
    """

    def __init__(
        self,
        plan: Mapping[int, CardFault],
        *,
        then: Callable[[CardFault], None] = lambda _fault: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._plan = plan
        self.then = then
        self.sleep = sleep
        self.happened: list[tuple[int, CardFault]] = []

    def fault_at(self, act: int) -> CardFault | None:
        fault = self._plan.get(act)
        if fault is not None:
            self.happened.append((act, fault))
        return fault


def watch(hub: ReaderHub, recorder: Recorder, injector: Injector | None = None) -> ReaderHub:
    """The same readers, with every transmit counted by ``recorder`` and disturbed by ``injector``."""
    return _WatchedHub(hub, recorder, injector or Injector({}))


class _WatchedHub:
    def __init__(self, inner: ReaderHub, recorder: Recorder, injector: Injector) -> None:
        self._inner = inner
        self._recorder = recorder
        self._injector = injector

    def readers(self) -> Sequence[ReaderState]:
        return self._inner.readers()

    def connect(self, reader: str) -> Connection:
        return _WatchedConnection(self._inner.connect(reader), self._recorder, self._injector)

    def wait_for_change(self, known: Sequence[ReaderState], timeout: float) -> bool:
        return self._inner.wait_for_change(known, timeout)

    def interrupt(self) -> None:
        self._inner.interrupt()


class _WatchedConnection(ConnectionDecorator):
    """Once a fault ended it, every further use fails alike: a pulled card does not return by itself."""

    def __init__(self, inner: Connection, recorder: Recorder, injector: Injector) -> None:
        super().__init__(inner)
        self._recorder = recorder
        self._injector = injector
        self._ended: type[CardToolError] | None = None

    def transmit(self, command: bytes) -> bytes:
        self._check()
        act = self._recorder.record("apdu", _name(command))
        fault = self._injector.fault_at(act)
        if fault is None:
            return self._inner.transmit(command)
        answer = self._disturbed(fault, command)
        self._injector.then(fault)
        self._check()
        return answer

    def _disturbed(self, fault: CardFault, command: bytes) -> bytes:
        if fault in _STATUS_WORD:
            return _STATUS_WORD[fault].to_bytes(2, "big")
        if fault is CardFault.SLOW:
            self._injector.sleep(SLOW_SECONDS)
            return self._inner.transmit(command)
        if fault is CardFault.REMOVED_AFTER:
            self._inner.transmit(command)
        self._inner.disconnect(reset=True)
        self._ended = _ENDING[fault]
        return b""

    def keep_alive(self) -> None:
        self._check()
        self._inner.keep_alive()

    def disconnect(self, *, reset: bool) -> None:
        if self._ended is None:
            self._inner.disconnect(reset=reset)

    def _check(self) -> None:
        if self._ended is not None:
            raise self._ended()


def _name(command: bytes) -> str:
    """Name and P1-P2 of a command: never its data."""
    try:
        parsed = Command.parse(command)
    except InvalidCommand:
        return "unreadable"
    return f"{parsed.name} {parsed.p1:02X}{parsed.p2:02X}"
