"""One in-process reader: what lies in it, who is connected, whose turn it is.

Every method must be called with the hub's condition held, except where said otherwise.
"""

from __future__ import annotations

import threading
import time
from typing import Protocol

from cardtool.errors import CardHeld
from cardtool.pcsc.transport import ReaderState

PATIENCE = 10.0
"""Seconds to wait for a card that another connection holds before it counts as held."""


class SoftCard(Protocol):
    """What can lie in a reader. ``power_off`` may come from another thread in the midst of ``transmit``."""

    def power_on(self) -> bytes: ...

    def reset(self) -> bytes: ...

    def power_off(self) -> None: ...

    def transmit(self, command: bytes) -> bytes: ...


class Client(Protocol):
    """A connection, as its reader sees it."""

    def check(self) -> None:
        """Raises ReaderUnplugged, CardRemoved or CardWasReset once the connection is no longer good."""
        ...


class ReaderSlot:
    """``events`` counts insertions and removals, ``resets`` the card's resets since it was inserted."""

    def __init__(self, name: str, changed: threading.Condition) -> None:
        self.name = name
        self.changed = changed
        self.plugged = True
        self.card: SoftCard | None = None
        self.atr: bytes | None = None
        self.mute = False
        self.events = 0
        self.resets = 0
        self.exclusive: str | None = None
        self.holder: Client | None = None
        self.working: Client | None = None
        self.connections: set[Client] = set()
        self.answer_to_lose = False

    def state(self) -> ReaderState:
        in_use = bool(self.connections) or self.exclusive is not None
        return ReaderState(self.name, self.atr, self.mute, in_use, self.events)

    def identity(self) -> tuple[str, bytes | None, bool, int]:
        """What makes a difference to those who wait for a change."""
        return self.name, self.atr, self.mute, self.events

    def insert(self, card: SoftCard | None, atr: bytes | None) -> None:
        """``card`` None: a mute one."""
        self.card, self.atr, self.mute = card, atr, card is None
        self._next_event()

    def take_out(self) -> SoftCard | None:
        """The card that lay here, still powered: the caller cuts its power after letting the condition go."""
        card = self.card
        if card is not None or self.mute:
            self.card, self.atr, self.mute = None, None, False
            self._next_event()
        return card

    def unplug(self) -> SoftCard | None:
        self.plugged = False
        card = self.take_out()
        self.changed.notify_all()
        return card

    def reset(self) -> None:
        """Reset the card as soon as no command is under way. Lets the condition go while it waits."""
        self.changed.wait_for(lambda: self.working is None)
        if self.card is not None:
            self.card.reset()
            self.resets += 1

    def wait_turn(self, client: Client, patience: float) -> None:
        """Wait until no other connection has a transaction or a command under way.

        Raises CardHeld after ``patience`` seconds, and what ``Client.check`` raises.
        """
        deadline = time.monotonic() + patience
        while not self._is_turn_of(client):
            left = deadline - time.monotonic()
            if left <= 0:
                raise CardHeld(self.name)
            self.changed.wait(left)
            client.check()

    def _is_turn_of(self, client: Client) -> bool:
        return self.working is None and self.holder in (None, client)

    def _next_event(self) -> None:
        self.events += 1
        self.resets = 0
        self.holder = None
        self.exclusive = None
        self.answer_to_lose = False
        self.connections.clear()
        self.changed.notify_all()
