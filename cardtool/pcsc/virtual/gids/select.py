"""SELECT: the application by its name, files by their identifier (ISO/IEC 7816-4)."""

from __future__ import annotations

from cardtool.pcsc.virtual import tlv
from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.gids.applet import APPLICATION_CONTROL, Applet
from cardtool.pcsc.virtual.status import NOT_FOUND, WRONG_LENGTH, WRONG_P1_P2, Refused

RID = bytes.fromhex("A000000397")
AID = RID + bytes.fromhex("425446590201")
"""Version 2, revision 1. Hosts leave out the last two bytes."""
APPLICATION_FILE = 0x3FFF
BY_IDENTIFIER = 0x00
BY_NAME = 0x04
RETURN_CONTROL_INFORMATION = 0x00
RETURN_CONTROL_PARAMETERS = 0x04
RETURN_MANAGEMENT_DATA = 0x08
RETURN_NOTHING = 0x0C
_MECHANISMS = b"\xc0"
"""Cryptographic mechanisms the application has: symmetric and RSA."""


def select(applet: Applet, command: Command) -> bytes:
    if command.p1 == BY_NAME:
        return _select_application(applet, command)
    if command.p1 != BY_IDENTIFIER or not applet.session.selected:
        raise Refused(WRONG_P1_P2)
    return _select_file(applet, command)


def _select_application(applet: Applet, command: Command) -> bytes:
    """By the beginning of its name; what was gained before is lost, as on a card with several applications."""
    if len(command.data) < len(RID) or not AID.startswith(command.data):
        raise Refused(NOT_FOUND)
    answer = _about_application(command.p2)
    applet.session.drop_status()
    applet.session.selected = True
    applet.session.current_file = None
    return answer


def _select_file(applet: Applet, command: Command) -> bytes:
    if len(command.data) != 2:
        raise Refused(WRONG_LENGTH)
    identifier = int.from_bytes(command.data, "big")
    if identifier == APPLICATION_FILE:
        answer = _about_application(command.p2)
        applet.session.current_file = None
        return answer
    file = applet.state.files.get(identifier)
    if file is None:
        raise Refused(NOT_FOUND)
    applet.session.current_file = identifier
    return b"" if command.p2 == RETURN_NOTHING else tlv.encode(0x62, file.control)


def _about_application(p2: int) -> bytes:
    answers = {
        RETURN_CONTROL_INFORMATION: application_template(),
        RETURN_CONTROL_PARAMETERS: tlv.encode(0x62, APPLICATION_CONTROL),
        RETURN_MANAGEMENT_DATA: tlv.encode(
            0x64, tlv.encode(0x5F2F, b"\x60") + tlv.encode(0x7F65, b"\x80\x00")
        ),
        RETURN_NOTHING: b"",
    }
    if p2 not in answers:
        raise Refused(WRONG_P1_P2)
    return answers[p2]


def application_template() -> bytes:
    """61: the whole name, and which cryptographic mechanisms there are."""
    mechanisms = tlv.encode(0x73, tlv.encode(0x40, _MECHANISMS))
    return tlv.encode(0x61, tlv.encode(0x4F, AID) + mechanisms)
