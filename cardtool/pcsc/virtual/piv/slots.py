"""Key references and the rules that hang on them (SP 800-73-5 Part 1 table 4b, SP 800-78-5 table 6-1)."""

from __future__ import annotations

from cardtool.pcsc.virtual.piv.applet import Applet
from cardtool.pcsc.virtual.piv.keys import KeyPair, PinPolicy
from cardtool.pcsc.virtual.piv.personality import Extension
from cardtool.pcsc.virtual.status import (
    REFERENCE_NOT_FOUND,
    SECURITY_STATUS_NOT_SATISFIED,
    WRONG_P1_P2,
    Refused,
)

AUTHENTICATION = 0x9A
MANAGEMENT = 0x9B
SIGNATURE = 0x9C
KEY_MANAGEMENT = 0x9D
CARD_AUTHENTICATION = 0x9E
ATTESTATION = 0xF9

_WORKING = frozenset({AUTHENTICATION, SIGNATURE, KEY_MANAGEMENT, CARD_AUTHENTICATION})
_PIN_POLICY = {SIGNATURE: PinPolicy.ALWAYS, CARD_AUTHENTICATION: PinPolicy.NEVER}


def exists(applet: Applet, slot: int) -> bool:
    attestation = slot == ATTESTATION and applet.personality.has(Extension.ATTESTATION)
    return slot in _WORKING or slot in applet.personality.retired or attestation


def require_slot(applet: Applet, slot: int) -> None:
    if not exists(applet, slot):
        raise Refused(WRONG_P1_P2)


def key_in(applet: Applet, slot: int) -> KeyPair:
    """Raises Refused: 6A86 no such slot, 6A88 an empty one."""
    require_slot(applet, slot)
    try:
        return applet.state.keys[slot]
    except KeyError:
        raise Refused(REFERENCE_NOT_FOUND) from None


def pin_policy(slot: int, asked: PinPolicy) -> PinPolicy:
    """What DEFAULT means in this slot."""
    return _PIN_POLICY.get(slot, PinPolicy.ONCE) if asked is PinPolicy.DEFAULT else asked


def require_pin_for(applet: Applet, key: KeyPair) -> None:
    """ALWAYS is satisfied by a VERIFY that was the very last command before this one."""
    session = applet.session
    satisfied = {
        PinPolicy.NEVER: True,
        PinPolicy.ALWAYS: session.pin_verified and session.before.pin_verified,
    }.get(key.pin_policy, session.pin_verified)
    if not satisfied:
        raise Refused(SECURITY_STATUS_NOT_SATISFIED)
