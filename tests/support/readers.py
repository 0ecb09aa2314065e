"""The reader of one case: every connect and transmit is an act, and faults really happen to the card."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cardtool.errors import CardRemoved
from cardtool.pcsc.apdu import INS, Command
from cardtool.pcsc.decorator import ConnectionDecorator
from cardtool.pcsc.faults import CardFault
from cardtool.pcsc.transport import Connection, ReaderState
from cardtool.pcsc.virtual.piv import VirtualPivCard
from cardtool.pcsc.virtual.reader import VirtualHub
from tests.support.acts import Acts

READER = "Reader"
STATUS_WORDS = {
    CardFault.SW_6F00: b"\x6f\x00",
    CardFault.SW_6581: b"\x65\x81",
    CardFault.SW_6982: b"\x69\x82",
}


class Readers:
    """Implements ReaderHub over a VirtualHub. ``slow`` is told when the card takes half a minute."""

    def __init__(self, card: VirtualPivCard, acts: Acts, slow: Callable[[], None]) -> None:
        self.hub = VirtualHub()
        self.card = card
        self.acts = acts
        self.slow = slow
        self.refused_verifies = 0
        self.heal()

    def heal(self) -> None:
        """The person puts everything right: reader plugged, own card in, other programs closed."""
        self.hub.plug(READER)
        self.hub.release(READER)
        state = next(state for state in self.hub.readers() if state.name == READER)
        if state.atr is None or not self.card.powered:
            self.hub.insert(READER, self.card)

    def swap(self, other: VirtualPivCard) -> None:
        self.hub.insert(READER, other)

    def readers(self) -> Sequence[ReaderState]:
        return self.hub.readers()

    def connect(self, reader: str) -> Connection:
        self.disturb(self.acts.begin("apdu", "connect"), CardFault.REMOVED_BEFORE)
        connection = _Connection(self.hub.connect(reader), self)
        self.acts.end()
        return connection

    def wait_for_change(self, known: Sequence[ReaderState], timeout: float) -> bool:
        return self.hub.wait_for_change(known, timeout)

    def interrupt(self) -> None:
        self.hub.interrupt()

    def note(self, command: bytes, answer: bytes) -> None:
        """Count the VERIFYs that presented a value and were refused."""
        parsed = Command.parse(command)
        if parsed.ins == INS.VERIFY and parsed.data and answer != b"\x90\x00":
            self.refused_verifies += 1

    def disturb(self, fault: object, removal: CardFault) -> None:
        """Do to reader and card what the fault says. ``removal``: which removal belongs to this moment."""
        if fault is removal:
            self.hub.pull(READER)
        elif fault is CardFault.UNPLUGGED:
            self.hub.unplug(READER)
        elif fault is CardFault.RESET:
            self.hub.reset_by_other(READER)
        elif fault is CardFault.HELD:
            self.hub.reset_by_other(READER)
            self.hub.hold(READER)
        elif fault is CardFault.SLOW:
            self.slow()


class _Connection(ConnectionDecorator):
    def __init__(self, inner: Connection, readers: Readers) -> None:
        super().__init__(inner)
        self._readers = readers

    def transmit(self, command: bytes) -> bytes:
        fault = self._readers.acts.begin("apdu", _name(command))
        if isinstance(fault, CardFault) and fault in STATUS_WORDS:
            return STATUS_WORDS[fault]
        self._readers.disturb(fault, CardFault.REMOVED_BEFORE)
        answer = self._inner.transmit(command)
        self._readers.note(command, answer)
        self._readers.acts.end()
        if fault is CardFault.REMOVED_AFTER:
            self._readers.hub.pull(READER)
            raise CardRemoved
        return answer


def _name(command: bytes) -> str:
    parsed = Command.parse(command)
    return f"{parsed.name} {parsed.p1:02X}{parsed.p2:02X}"
