"""SELECT (SP 800-73-5 Part 2, 3.1.1)."""

from __future__ import annotations

from cardtool.pcsc.virtual import tlv
from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.piv.applet import Applet
from cardtool.pcsc.virtual.status import NOT_FOUND, WRONG_P1_P2, Refused

RID = bytes.fromhex("A000000308")
AID = RID + bytes.fromhex("000010000100")
SHORTEST_AID = len(RID)
"""The standard asks for nine bytes (without the version); ISO partial selection and YubiKeys take five."""

APPLICATION_LABEL = b"PIV Card Application"


def select(applet: Applet, command: Command) -> bytes:
    """Answer the application property template; selecting again changes no security status."""
    if command.p1 != 0x04 or command.p2 not in (0x00, 0x0C):
        raise Refused(WRONG_P1_P2)
    if len(command.data) < SHORTEST_AID or not AID.startswith(command.data):
        raise Refused(NOT_FOUND)
    applet.session.selected = True
    return b"" if command.p2 == 0x0C else property_template()


def property_template() -> bytes:
    """SP 800-73-5 Part 2 table 3: identifier, tag allocation authority, label."""
    return tlv.encode(
        0x61,
        tlv.encode(0x4F, AID[len(RID) :])
        + tlv.encode(0x79, tlv.encode(0x4F, RID))
        + tlv.encode(0x50, APPLICATION_LABEL),
    )
