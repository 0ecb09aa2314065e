"""A PIV card in software: power, command dispatch, lasting state.

Private keys, PIN and PUK lie unprotected in memory and in the state file. This is a simulator for practice,
demonstration and tests; it must never hold a key that anyone relies on.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Self

from cardtool.pcsc.virtual import apdu, store
from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.link import Link
from cardtool.pcsc.virtual.piv import authenticate, codec, data, generate, pins, select, yubico
from cardtool.pcsc.virtual.piv.applet import Applet, Handler
from cardtool.pcsc.virtual.piv.attestation import make_attestation_key
from cardtool.pcsc.virtual.piv.instructions import Ins
from cardtool.pcsc.virtual.piv.pace import Pace, instant
from cardtool.pcsc.virtual.piv.personality import YUBIKEY, Algorithm, Extension, Personality
from cardtool.pcsc.virtual.piv.state import CardState, factory_state
from cardtool.pcsc.virtual.status import (
    CLA_NOT_SUPPORTED,
    INS_NOT_SUPPORTED,
    LOGICAL_CHANNEL_NOT_SUPPORTED,
    MEMORY_FAILURE,
    SECURE_MESSAGING_NOT_SUPPORTED,
    WRONG_LENGTH,
    Refused,
)
from cardtool.pcsc.virtual.store import StateFile

_COMMANDS: dict[int, Handler] = {
    Ins.SELECT: select.select,
    Ins.GET_DATA: data.get_data,
    Ins.PUT_DATA: data.put_data,
    Ins.VERIFY: pins.verify,
    Ins.CHANGE_REFERENCE_DATA: pins.change_reference_data,
    Ins.RESET_RETRY_COUNTER: pins.reset_retry_counter,
    Ins.GENERATE_ASYMMETRIC_KEY_PAIR: generate.generate_asymmetric_key_pair,
    Ins.GENERAL_AUTHENTICATE: authenticate.general_authenticate,
    **yubico.COMMANDS,
}


class PowerLost(Exception):
    """Power went away while the card was working: no answer, nothing kept."""


class VirtualPivCard:
    """One card. ``transmit`` is for one thread at a time; ``cut_power`` may come from any thread.

    ``pace`` says how many seconds key generation takes (``pace.instant``, ``pace.real_card``).
    """

    kind = codec.KIND

    def __init__(self, state: CardState, file: StateFile | None = None, pace: Pace = instant) -> None:
        self.pace = pace
        self._state = state
        self._file = file
        self._saved = codec.encode(state)
        self._working = threading.RLock()
        self._power_cut = threading.Event()
        self._applet: Applet | None = None
        self._link = Link(state.personality.link_limits)

    @classmethod
    def create(
        cls, path: Path | None = None, personality: Personality = YUBIKEY, *, serial: int | None = None
    ) -> Self:
        """A factory-fresh card; with ``path`` it lives in that file, which must not exist yet.

        Raises ArgumentInvalid (the file exists), AlreadyRunning, FolderNotWritable, DiskFull.
        """
        state = factory_state(personality, serial)
        if personality.has(Extension.ATTESTATION):
            make_attestation_key(state)
        return cls(state, StateFile.create(path, codec.encode(state)) if path else None)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The card in a state file, locked for this process until ``close``.

        Raises AlreadyRunning, CardFileUnreadable.
        """
        file = StateFile.open(path)
        try:
            return cls(codec.decode(store.read(path)), file)
        except BaseException:
            file.close()
            raise

    @staticmethod
    def inspect(path: Path) -> CardState:
        """What a state file holds, read without a lock and without a card. Raises CardFileUnreadable."""
        return codec.decode(store.read(path))

    @property
    def state(self) -> CardState:
        """The lasting state, for tests and inspection; changes made here are not saved."""
        return self._state

    @property
    def atr(self) -> bytes:
        return self._state.personality.atr

    @property
    def powered(self) -> bool:
        return self._applet is not None

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
            self._applet = Applet(self._state, self._work_on_key)
            self._link = Link(self._state.personality.link_limits)
            return self.atr

    def cut_power(self) -> None:
        """Take power away at once, also in the midst of a command; does not wait for it to end."""
        self._power_cut.set()

    def power_off(self) -> None:
        self.cut_power()
        with self._working:
            self._applet = None

    def transmit(self, command: bytes) -> bytes:
        """One command APDU in, the answer with SW1 SW2 out; empty when the card has no power.

        Every lasting change is on disk before the answer is given, as in a card's EEPROM.
        """
        with self._working:
            if self._applet is None or self._power_cut.is_set():
                return b""
            try:
                return self._process(self._applet, command)
            except PowerLost:
                return b""

    def _process(self, applet: Applet, raw: bytes) -> bytes:
        try:
            command = apdu.parse(raw)
            self._check(command)
            if command.ins == apdu.GET_RESPONSE:
                return self._link.get_response(command)
            whole = self._link.join(command)
            answer = b"" if whole is None else self._execute(applet, whole)
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
        if command.extended and not self._state.personality.extended_length:
            raise Refused(WRONG_LENGTH)

    def _execute(self, applet: Applet, command: Command) -> bytes:
        applet.session.next_command()
        handler = _COMMANDS.get(command.ins)
        if handler is None or not (applet.session.selected or command.ins == Ins.SELECT):
            raise Refused(INS_NOT_SUPPORTED)
        try:
            return handler(applet, command)
        finally:
            self._save(applet)

    def _save(self, applet: Applet) -> None:
        """Write what changed. A failed write leaves the card as it was, like a failed EEPROM cell."""
        if self._file is None:
            return
        text = codec.encode(self._state)
        if text == self._saved:
            return
        try:
            self._file.write(text)
        except OSError:
            self._state = applet.state = codec.decode(self._saved)
            raise Refused(MEMORY_FAILURE) from None
        self._saved = text

    def _work_on_key(self, algorithm: Algorithm) -> None:
        """Take as long as the card's pace says, unless power goes away."""
        if self._power_cut.wait(self.pace(algorithm)):
            raise PowerLost
