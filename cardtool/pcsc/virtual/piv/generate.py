"""GENERATE ASYMMETRIC KEY PAIR (SP 800-73-5 Part 2, 3.3.2)."""

from __future__ import annotations

from enum import IntEnum
from typing import TypeVar

from cardtool.pcsc.virtual import tlv
from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.piv import keys, slots
from cardtool.pcsc.virtual.piv.applet import Applet
from cardtool.pcsc.virtual.piv.personality import Algorithm
from cardtool.pcsc.virtual.status import WRONG_DATA, WRONG_P1_P2, Refused

CONTROL_REFERENCE = 0xAC
MECHANISM = 0x80
PIN_POLICY = 0xAA
TOUCH_POLICY = 0xAB
PUBLIC_KEY = 0x7F49

_Choice = TypeVar("_Choice", bound=IntEnum)


def generate_asymmetric_key_pair(applet: Applet, command: Command) -> bytes:
    """Make a key in slot P2, replacing what was there; the slot's certificate object is left alone."""
    applet.require_admin()
    slot = _slot(applet, command)
    template = tlv.parse_map(tlv.only(command.data, CONTROL_REFERENCE))
    algorithm = mechanism(applet, template.get(MECHANISM, b""))
    pin_policy, touch_policy = policies(applet, slot, template)
    applet.work_on_key(keys.RSA_BITS.get(algorithm, 0))
    private = keys.generate(algorithm)
    pair = keys.KeyPair(algorithm, keys.to_pkcs8(private), pin_policy, touch_policy, generated=True)
    applet.state.keys[slot] = pair
    return tlv.encode(PUBLIC_KEY, keys.public_objects(private))


def mechanism(applet: Applet, value: bytes) -> Algorithm:
    """The asymmetric algorithm named by one byte. Raises Refused(6A80) where this card lacks it."""
    number = int.from_bytes(value, "big")
    if len(value) != 1 or number not in applet.personality.algorithms:
        raise Refused(WRONG_DATA)
    return Algorithm(number)


def policies(
    applet: Applet, slot: int, template: dict[int, bytes]
) -> tuple[keys.PinPolicy, keys.TouchPolicy]:
    """Yubico's optional tags AA and AB; a card without extensions does not know them."""
    given = PIN_POLICY in template or TOUCH_POLICY in template
    if given and not applet.personality.extensions:
        raise Refused(WRONG_DATA)
    pin = _choice(keys.PinPolicy, template.get(PIN_POLICY))
    return slots.pin_policy(slot, pin), _choice(keys.TouchPolicy, template.get(TOUCH_POLICY))


def _slot(applet: Applet, command: Command) -> int:
    slots.require_slot(applet, command.p2)
    retired = command.p2 in applet.personality.retired
    if command.p1 != 0x00 or (retired and not applet.personality.generates_in_retired_slots):
        raise Refused(WRONG_P1_P2)
    return command.p2


def _choice(kind: type[_Choice], value: bytes | None) -> _Choice:
    try:
        return kind(int.from_bytes(value or b"", "big"))
    except ValueError:
        raise Refused(WRONG_DATA) from None
