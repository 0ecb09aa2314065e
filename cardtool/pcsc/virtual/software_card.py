"""What every card in software has in common, whatever its application: power, one command at a time, lasting state.

Private keys, PIN and PUK lie unprotected in memory and in the state file. This is a simulator for practice,
demonstration and tests; it must never hold a key that anyone relies on.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Generic, Self, TypeVar

from cardtool.pcsc.virtual import apdu, store
from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.link import Link, LinkLimits
from cardtool.pcsc.virtual.pace import Pace, instant
from cardtool.pcsc.virtual.status import (
    CLA_NOT_SUPPORTED,
    LOGICAL_CHANNEL_NOT_SUPPORTED,
    MEMORY_FAILURE,
    SECURE_MESSAGING_NOT_SUPPORTED,
    WRONG_LENGTH,
    Refused,
)
from cardtool.pcsc.virtual.store import StateFile

State = TypeVar("State")


class PowerLost(Exception):
    """Power went away while the card was working: no answer, nothing kept."""


class SoftwareCard(ABC, Generic[State]):
    """One card. ``transmit`` is for one thread at a time; ``cut_power`` may come from any thread.

    ``pace`` says how many seconds key generation takes (``pace.instant``, ``pace.real_card``).
    """

    kind: ClassVar[str]

    def __init__(self, state: State, file: StateFile | None = None, pace: Pace = instant) -> None:
        self.pace = pace
        self._state = state
        self._file = file
        self._saved = self._encode(state)
        self._working = threading.RLock()
        self._power_cut = threading.Event()
        self._powered = False
        self._link = Link(self._limits)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The card in a state file, locked for this process until ``close``.

        Raises AlreadyRunning, CardFileUnreadable.
        """
        file = StateFile.open(path)
        try:
            return cls(cls._decode(store.read(path)), file)
        except BaseException:
            file.close()
            raise

    @classmethod
    def inspect(cls, path: Path) -> State:
        """What a state file holds, read without a lock and without a card. Raises CardFileUnreadable."""
        return cls._decode(store.read(path))

    # --- what each kind adds ---

    @staticmethod
    @abstractmethod
    def _encode(state: State) -> str:
        """The state file's text."""

    @staticmethod
    @abstractmethod
    def _decode(text: str) -> State:
        """Raises CardFileUnreadable."""

    @property
    @abstractmethod
    def atr(self) -> bytes: ...

    @property
    @abstractmethod
    def _limits(self) -> LinkLimits: ...

    @property
    @abstractmethod
    def _takes_extended_length(self) -> bool: ...

    @abstractmethod
    def _boot(self) -> None:
        """After a reset: nothing selected, no status."""

    @abstractmethod
    def _adopt(self, state: State) -> None:
        """Go on with this state instead: writing the newer one failed."""

    @abstractmethod
    def _execute(self, command: Command) -> bytes:
        """One whole command. Raises Refused."""

    # --- power ---

    @property
    def state(self) -> State:
        """The lasting state, for tests and inspection; changes made here are not saved."""
        return self._state

    @property
    def powered(self) -> bool:
        return self._powered

    def close(self) -> None:
        """Power off and let go of the state file."""
        self.power_off()
        if self._file is not None:
            self._file.close()

    def power_on(self) -> bytes:
        """Cold reset. Returns the ATR."""
        return self.reset()

    def reset(self) -> bytes:
        """PIN and admin status, challenges and half-sent commands are gone. Returns the ATR."""
        with self._working:
            self._power_cut.clear()
            self._boot()
            self._powered = True
            self._link = Link(self._limits)
            return self.atr

    def cut_power(self) -> None:
        """Take power away at once, also in the midst of a command; does not wait for it to end."""
        self._power_cut.set()

    def power_off(self) -> None:
        self.cut_power()
        with self._working:
            self._powered = False

    # --- commands ---

    def transmit(self, command: bytes) -> bytes:
        """One command APDU in, the answer with SW1 SW2 out; empty when the card has no power.

        Every lasting change is on disk before the answer is given, as in a card's EEPROM.
        """
        with self._working:
            if not self._powered or self._power_cut.is_set():
                return b""
            try:
                return self._process(command)
            except PowerLost:
                return b""

    def _process(self, raw: bytes) -> bytes:
        try:
            command = apdu.parse(raw)
            self._check(command)
            if command.ins == apdu.GET_RESPONSE:
                return self._link.get_response(command)
            whole = self._link.join(command)
            answer = b"" if whole is None else self._execute_and_save(whole)
            return self._link.answer(answer, command)
        except Refused as refusal:
            return refusal.sw.to_bytes(2, "big")

    def _check(self, command: Command) -> None:
        if command.cla in (0x0C, 0x1C):
            raise Refused(SECURE_MESSAGING_NOT_SUPPORTED)
        if command.cla & 0x8F in range(1, 4) or command.cla & 0xC0 == 0x40:
            raise Refused(LOGICAL_CHANNEL_NOT_SUPPORTED)
        if command.cla & ~apdu.CHAINING:
            raise Refused(CLA_NOT_SUPPORTED)
        if command.extended and not self._takes_extended_length:
            raise Refused(WRONG_LENGTH)

    def _execute_and_save(self, command: Command) -> bytes:
        try:
            return self._execute(command)
        finally:
            self._save()

    def _save(self) -> None:
        """Write what changed. A failed write leaves the card as it was, like a failed EEPROM cell."""
        if self._file is None:
            return
        text = self._encode(self._state)
        if text == self._saved:
            return
        try:
            self._file.write(text)
        except OSError:
            self._state = self._decode(self._saved)
            self._adopt(self._state)
            raise Refused(MEMORY_FAILURE) from None
        self._saved = text

    def _work_on_key(self, rsa_bits: int) -> None:
        """Take as long as the card's pace says, unless power goes away. 0 bits: an elliptic curve."""
        if self._power_cut.wait(self.pace(rsa_bits)):
            raise PowerLost
