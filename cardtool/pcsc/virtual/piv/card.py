"""A PIV card in software: its commands, and how it is made."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.link import LinkLimits
from cardtool.pcsc.virtual.piv import authenticate, codec, data, generate, pins, select, yubico
from cardtool.pcsc.virtual.piv.applet import Applet, Handler
from cardtool.pcsc.virtual.piv.attestation import make_attestation_key
from cardtool.pcsc.virtual.piv.instructions import Ins
from cardtool.pcsc.virtual.piv.personality import YUBIKEY, Extension, Personality
from cardtool.pcsc.virtual.piv.state import CardState, factory_state
from cardtool.pcsc.virtual.software_card import SoftwareCard
from cardtool.pcsc.virtual.status import INS_NOT_SUPPORTED, Refused
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


class VirtualPivCard(SoftwareCard[CardState]):
    """See SoftwareCard for what can be done to it."""

    kind = codec.KIND
    _applet: Applet

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

    @staticmethod
    def _encode(state: CardState) -> str:
        return codec.encode(state)

    @staticmethod
    def _decode(text: str) -> CardState:
        return codec.decode(text)

    @property
    def atr(self) -> bytes:
        return self._state.personality.atr

    @property
    def _limits(self) -> LinkLimits:
        return self._state.personality.link_limits

    @property
    def _takes_extended_length(self) -> bool:
        return self._state.personality.extended_length

    def _boot(self) -> None:
        self._applet = Applet(self._state, self._work_on_key)

    def _adopt(self, state: CardState) -> None:
        self._applet.state = state

    def _execute(self, command: Command) -> bytes:
        session = self._applet.session
        session.next_command()
        handler = _COMMANDS.get(command.ins)
        if handler is None or not (session.selected or command.ins == Ins.SELECT):
            raise Refused(INS_NOT_SUPPORTED)
        return handler(self._applet, command)
