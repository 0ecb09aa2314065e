"""A GIDS card in software: its commands, and how it is made."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.gids import authenticate, codec, data, files, key_data, pins, security, select
from cardtool.pcsc.virtual.gids.applet import Applet, Handler
from cardtool.pcsc.virtual.gids.factory import set_up
from cardtool.pcsc.virtual.gids.instructions import Ins
from cardtool.pcsc.virtual.gids.personality import PLAIN, Personality
from cardtool.pcsc.virtual.gids.state import CardState, delivered
from cardtool.pcsc.virtual.link import LinkLimits
from cardtool.pcsc.virtual.software_card import SoftwareCard
from cardtool.pcsc.virtual.status import INS_NOT_SUPPORTED, Refused
from cardtool.pcsc.virtual.store import StateFile

_COMMANDS: dict[int, Handler] = {
    Ins.SELECT: select.select,
    Ins.GET_DATA: data.get_data,
    Ins.PUT_DATA: data.put_data,
    Ins.CREATE_FILE: files.create_file,
    Ins.ACTIVATE_FILE: files.activate_file,
    Ins.DELETE_FILE: files.delete_file,
    Ins.VERIFY: pins.verify,
    Ins.CHANGE_REFERENCE_DATA: pins.change_reference_data,
    Ins.RESET_RETRY_COUNTER: pins.reset_retry_counter,
    Ins.GENERATE_ASYMMETRIC_KEY_PAIR: key_data.generate_asymmetric_key_pair,
    Ins.MANAGE_SECURITY_ENVIRONMENT: security.manage_security_environment,
    Ins.PERFORM_SECURITY_OPERATION: security.perform_security_operation,
    Ins.GENERAL_AUTHENTICATE: authenticate.general_authenticate,
}


class VirtualGidsCard(SoftwareCard[CardState]):
    """See SoftwareCard for what can be done to it."""

    kind = codec.KIND
    _applet: Applet

    @classmethod
    def create(
        cls, path: Path | None = None, personality: Personality = PLAIN, *, blank: bool = False
    ) -> Self:
        """An empty card, set up with PIN 123456 and the default admin key; ``blank``: not yet set up at all.

        With ``path`` it lives in that file, which must not exist yet. Raises ArgumentInvalid (the file exists),
        AlreadyRunning, FolderNotWritable, DiskFull.
        """
        state = delivered(personality) if blank else set_up(personality)
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
        # What is selected may be a file that was not made after all.
        self._applet.session.current_file = self._applet.session.environment = None

    def _execute(self, command: Command) -> bytes:
        session = self._applet.session
        session.next_command()
        handler = _COMMANDS.get(command.ins)
        if handler is None or not (session.selected or command.ins == Ins.SELECT):
            raise Refused(INS_NOT_SUPPORTED)
        return handler(self._applet, command)
