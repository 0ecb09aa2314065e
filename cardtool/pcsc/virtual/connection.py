"""One open connection to a card in an in-process reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from cardtool.errors import CardError, CardRemoved, CardWasReset, ReaderFault, ReaderUnplugged
from cardtool.pcsc.virtual.reader_slot import ReaderSlot, SoftCard

_UNSUPPORTED_FEATURE = 0x8010001F
"""SCARD_E_UNSUPPORTED_FEATURE: this reader has no PIN pad."""


class VirtualConnection:
    """``Connection`` over a ``ReaderSlot``. Opened by ``VirtualHub.connect`` alone."""

    def __init__(self, slot: ReaderSlot, patience: float) -> None:
        self._slot = slot
        self._patience = patience
        self._atr = slot.atr or b""
        self._events = slot.events
        self._resets = slot.resets
        self._depth = 0
        self._open = True

    @property
    def reader(self) -> str:
        return self._slot.name

    @property
    def atr(self) -> bytes:
        return self._atr

    @property
    def features(self) -> Mapping[int, int]:
        return {}

    def transmit(self, command: bytes) -> bytes:
        card = self._start()
        answer = b""
        try:
            # The condition is free meanwhile: a slow card can be pulled in the midst of a command.
            answer = card.transmit(command)
        finally:
            lost = self._finish()
        if lost is not None:
            lost.power_off()
        with self._slot.changed:
            self.check()
        if not answer:
            raise CardRemoved
        return answer

    def control(self, _code: int, _data: bytes) -> bytes:
        self.keep_alive()
        raise ReaderFault(_UNSUPPORTED_FEATURE)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._depth == 0:
            self._begin()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0:
                self._end()

    def keep_alive(self) -> None:
        with self._slot.changed:
            self.check()

    def disconnect(self, *, reset: bool) -> None:
        with self._slot.changed, suppress(CardError):
            if reset and self._is_same_card():
                self._slot.wait_turn(self, self._patience)
                self._slot.reset()
        with self._slot.changed:
            self._open = False
            self._slot.connections.discard(self)
            self._let_go()

    def check(self) -> None:
        """Raises ReaderUnplugged, CardRemoved, CardWasReset. Call with the condition held."""
        if not self._slot.plugged:
            raise ReaderUnplugged
        if not self._is_same_card():
            raise CardRemoved
        if self._resets != self._slot.resets:
            raise CardWasReset

    def _is_same_card(self) -> bool:
        return self._open and self._slot.card is not None and self._events == self._slot.events

    def _start(self) -> SoftCard:
        with self._slot.changed:
            self.check()
            self._slot.wait_turn(self, self._patience)
            card = self._slot.card
            if card is None:
                raise CardRemoved
            self._slot.working = self
            return card

    def _finish(self) -> SoftCard | None:
        """The command is over. Returns the card if it was to be pulled at this moment."""
        with self._slot.changed:
            self._slot.working = None
            self._slot.changed.notify_all()
            return self._slot.take_out() if self._slot.answer_to_lose else None

    def _begin(self) -> None:
        """A reset since we connected took nothing of ours: go on, as after SCardReconnect."""
        with self._slot.changed:
            with suppress(CardWasReset):
                self.check()
            self._resets = self._slot.resets
            self._slot.wait_turn(self, self._patience)
            self._slot.holder = self

    def _end(self) -> None:
        with self._slot.changed:
            self._let_go()

    def _let_go(self) -> None:
        if self._slot.holder is self:
            self._slot.holder = None
            self._slot.changed.notify_all()
