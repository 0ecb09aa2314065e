"""Security attributes in compact format (ISO/IEC 7816-4): which act wants which status."""

from __future__ import annotations

from enum import IntEnum

from cardtool.pcsc.virtual import tlv

SECURITY_ATTRIBUTE = 0x8C
ALWAYS = 0x00
NEVER = 0xFF
_ALL_CONDITIONS = 0x80
_SECURE_MESSAGING = 0x40
_ADMIN = 0x20
_PIN = 0x10
_ENVIRONMENT = 0x0F
_CONTACT = 0x01


class Act(IntEnum):
    """Bits of the access mode byte. The same bit means another act for another kind of file."""

    DELETE_CHILD = 0x01
    CREATE_FILE = 0x02
    GET_DATA = 0x11
    PUT_DATA = 0x12
    GET_PUBLIC_KEY = 0x21
    PUT_KEY = 0x22
    USE_KEY = 0x24
    GENERATE_KEY = 0x28
    ACTIVATE = 0x30
    DELETE = 0x60


def condition(control: bytes, act: Act) -> int | None:
    """The security condition byte for ``act`` in a file's control parameters, None where nothing is said.

    The conditions follow the access mode byte in the order of its bits, from bit 7 down to bit 1.
    """
    attribute = tlv.parse_map(control).get(SECURITY_ATTRIBUTE, b"")
    if not attribute:
        return None
    wanted = _bit(act)
    set_bits = [bit for bit in (0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01) if attribute[0] & bit]
    conditions = dict(zip(set_bits, attribute[1:], strict=False))
    return conditions.get(wanted)


def satisfied(condition: int, *, pin: bool, admin: bool) -> bool:
    """Whether the status that was gained is enough. This card has contacts and no secure messaging."""
    if condition in (ALWAYS, NEVER):
        return condition == ALWAYS
    if condition & _ENVIRONMENT not in (0, _CONTACT):
        return False
    needs = {_SECURE_MESSAGING: False, _ADMIN: admin, _PIN: pin}
    asked = [gained for bit, gained in needs.items() if condition & bit]
    return bool(asked) and (all(asked) if condition & _ALL_CONDITIONS else any(asked))


def _bit(act: Act) -> int:
    return {Act.ACTIVATE: 0x10, Act.DELETE: 0x40}.get(act, act & 0x0F)
