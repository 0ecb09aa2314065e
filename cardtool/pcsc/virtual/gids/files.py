"""CREATE FILE, ACTIVATE FILE, DELETE FILE (ISO/IEC 7816-9)."""

from __future__ import annotations

from cardtool.pcsc.virtual import tlv
from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.gids.access import Act
from cardtool.pcsc.virtual.gids.applet import Applet
from cardtool.pcsc.virtual.gids.state import FILE_DESCRIPTOR, FILE_IDENTIFIER, CardFile, FileKind
from cardtool.pcsc.virtual.status import (
    COMMAND_NOT_ALLOWED,
    FILE_EXISTS,
    FUNCTION_NOT_SUPPORTED,
    NOT_ENOUGH_MEMORY,
    WRONG_DATA,
    WRONG_LENGTH,
    Refused,
)

CONTROL_PARAMETERS = 0x62
_MOST_FILES = 64


def create_file(applet: Applet, command: Command) -> bytes:
    """Make the file and select it; it must be activated before anything else can be done with it."""
    command.require(p1=0x00, p2=0x00)
    control = tlv.only(command.data, CONTROL_PARAMETERS)
    parameters = tlv.parse_map(control)
    identifier = parameters.get(FILE_IDENTIFIER, b"")
    descriptor = parameters.get(FILE_DESCRIPTOR, b"")
    if len(identifier) != 2 or not descriptor:
        raise Refused(WRONG_DATA)
    if descriptor[0] not in set(FileKind):
        raise Refused(FUNCTION_NOT_SUPPORTED)
    applet.require_of_application(Act.CREATE_FILE)
    _add(applet, int.from_bytes(identifier, "big"), control)
    return b""


def _add(applet: Applet, identifier: int, control: bytes) -> None:
    files = applet.state.files
    if identifier in files:
        raise Refused(FILE_EXISTS)
    if len(files) >= _MOST_FILES:
        raise Refused(NOT_ENOUGH_MEMORY)
    files[identifier] = CardFile(control)
    applet.session.current_file = identifier


def activate_file(applet: Applet, command: Command) -> bytes:
    """The current file; or, with none, the application: from then on its rules hold."""
    command.require(p1=0x00, p2=0x00)
    current = applet.session.current_file
    if current is None:
        applet.state.operational = True
        applet.session.drop_status()
        return b""
    file = applet.state.files[current]
    applet.require(file, Act.ACTIVATE)
    file.active = True
    return b""


def delete_file(applet: Applet, command: Command) -> bytes:
    """The current file, with all that is in it."""
    command.require(p1=0x00, p2=0x00)
    if command.data:
        raise Refused(WRONG_LENGTH)
    current = applet.session.current_file
    if current is None:
        raise Refused(COMMAND_NOT_ALLOWED)
    applet.require_delete(applet.state.files[current])
    del applet.state.files[current]
    applet.session.current_file = None
    environment = applet.session.environment
    if environment is not None and environment.key_file == current:
        applet.session.environment = None
    return b""
