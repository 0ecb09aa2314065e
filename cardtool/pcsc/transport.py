"""The smallest possible transport. Everything above speaks to these protocols alone.

Implementations: ``scard`` (pyscard), ``virtual.reader`` (software cards, in-process); wrappers with
the same shape: ``trace`` (JSON lines), ``faults`` (recorder and injector), ``replay``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class ReaderState:
    """What PC/SC says of one reader. ``atr`` is None without a card; ``mute`` when it does not answer.

    ``events`` counts insertions and removals where the system does: two cards of one kind have the same ATR.
    """

    name: str
    atr: bytes | None = None
    mute: bool = False
    in_use: bool = False
    events: int = 0


class Connection(Protocol):
    """One open connection to one card. Used by one thread only (PC/SC handles are not shared)."""

    @property
    def reader(self) -> str: ...

    @property
    def atr(self) -> bytes: ...

    @property
    def features(self) -> Mapping[int, int]:
        """PC/SC part 10 feature tag → control code; empty where the reader has none."""
        ...

    def transmit(self, command: bytes) -> bytes:
        """Send one raw command APDU, return the raw answer: data, SW1, SW2 (≥ 2 bytes).

        Raises CardRemoved, ReaderUnplugged, CardWasReset, ReaderFault.
        """
        ...

    def control(self, code: int, data: bytes) -> bytes:
        """SCardControl, for PIN pads."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Hold the card for us (SCardBeginTransaction … End). Nested use is one transaction."""
        ...

    def keep_alive(self) -> None:
        """SCardStatus: Windows resets an idle transaction after 5 s. Raises as ``transmit`` does."""
        ...

    def disconnect(self, *, reset: bool) -> None:
        """Close. ``reset`` (SCARD_RESET_CARD) whenever PIN or admin status was gained. Never raises."""
        ...


class ReaderHub(Protocol):
    """The readers of this computer."""

    def readers(self) -> Sequence[ReaderState]:
        """All readers with their cards. Raises ReaderServiceOff, ReaderNotPermitted."""
        ...

    def connect(self, reader: str) -> Connection:
        """Raises NoCard, CardMute, CardHeld, ReaderUnplugged and what ``readers`` raises."""
        ...

    def wait_for_change(self, known: Sequence[ReaderState], timeout: float) -> bool:
        """Block until the readers differ from ``known`` or ``timeout`` seconds passed; True if they differ.

        ``in_use`` is no difference: it changes with every look at a card, our own included.
        """
        ...

    def interrupt(self) -> None:
        """Make every running ``wait_for_change`` return at once, with False. For any thread; never raises."""
        ...
