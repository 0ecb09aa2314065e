"""Readers that exist in this process only: practice mode on any system, and tests without a daemon.

A connection lives as long as one insertion of the card; a reset by another is noticed at the next call; a
transaction keeps others waiting, for ``patience`` seconds where PC/SC itself would wait for ever.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from cardtool.errors import CardHeld, CardMute, NoCard, ReaderUnplugged
from cardtool.pcsc.transport import ReaderState
from cardtool.pcsc.virtual.connection import VirtualConnection
from cardtool.pcsc.virtual.reader_slot import PATIENCE, ReaderSlot, SoftCard


class VirtualHub:
    """``ReaderHub`` for software cards. Every method may be called from any thread."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._changed = threading.Condition()
        self._slots: dict[str, ReaderSlot] = {}
        self._patience = patience
        self._interruptions = 0

    # --- ReaderHub ----------------------------------------------------------------------------

    def readers(self) -> Sequence[ReaderState]:
        with self._changed:
            return [slot.state() for slot in self._slots.values()]

    def connect(self, reader: str) -> VirtualConnection:
        with self._changed:
            slot = self._slot(reader)
            if slot.mute:
                raise CardMute(reader)
            if slot.card is None:
                raise NoCard(reader)
            if slot.exclusive is not None:
                raise CardHeld(reader, slot.exclusive)
            connection = VirtualConnection(slot, self._patience)
            slot.wait_turn(connection, self._patience)
            slot.connections.add(connection)
            return connection

    def wait_for_change(self, known: Sequence[ReaderState], timeout: float) -> bool:
        with self._changed:
            before = self._interruptions
            self._changed.wait_for(
                lambda: self._interruptions != before or self._differs(known), max(timeout, 0.0)
            )
            return self._interruptions == before and self._differs(known)

    def interrupt(self) -> None:
        with self._changed:
            self._interruptions += 1
            self._changed.notify_all()

    # --- the hands at the reader --------------------------------------------------------------

    def plug(self, reader: str) -> None:
        """A reader appears. Plugging one that is there does nothing."""
        with self._changed:
            self._slots.setdefault(reader, ReaderSlot(reader, self._changed))
            self._changed.notify_all()

    def unplug(self, reader: str) -> None:
        """The reader goes, and the card in it loses power."""
        with self._changed:
            slot = self._slots.pop(reader, None)
            card = slot.unplug() if slot else None
        if card is not None:
            card.power_off()

    def insert(self, reader: str, card: SoftCard) -> None:
        """Put a card in and power it on; one that lay there before is pulled first."""
        self.pull(reader)
        atr = card.power_on()
        with self._changed:
            self._slot(reader).insert(card, atr)

    def insert_mute(self, reader: str) -> None:
        """Something lies in the reader and does not answer: upside down, dirty or damaged."""
        self.pull(reader)
        with self._changed:
            self._slot(reader).insert(None, None)

    def pull(self, reader: str) -> None:
        """Take out what is there. A command under way loses its answer; its act may have been done."""
        with self._changed:
            card = self._slot(reader).take_out()
        if card is not None:
            card.power_off()

    def reset_by_other(self, reader: str) -> None:
        """Another program resets the card, between commands; also inside a transaction, as Windows does."""
        with self._changed:
            self._slot(reader).reset()

    def hold(self, reader: str, holder: str = "other") -> None:
        """Another program takes the card for itself alone: connecting fails with CardHeld at once."""
        with self._changed:
            self._slot(reader).exclusive = holder

    def release(self, reader: str) -> None:
        with self._changed:
            self._slot(reader).exclusive = None

    def lose_next_answer(self, reader: str) -> None:
        """Fault hook: the next command is carried out, then the card is pulled and the answer is lost."""
        with self._changed:
            self._slot(reader).answer_to_lose = True

    def _slot(self, reader: str) -> ReaderSlot:
        try:
            return self._slots[reader]
        except KeyError:
            raise ReaderUnplugged from None

    def _differs(self, known: Sequence[ReaderState]) -> bool:
        return {slot.identity() for slot in self._slots.values()} != {
            (state.name, state.atr, state.mute, state.events) for state in known
        }
