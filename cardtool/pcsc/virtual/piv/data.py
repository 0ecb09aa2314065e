"""GET DATA and PUT DATA (SP 800-73-5 Part 2, 3.1.2 and 3.3.1) with the access rules of Part 1 table 3."""

from __future__ import annotations

from cardtool.pcsc.virtual import tlv
from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.piv.applet import Applet
from cardtool.pcsc.virtual.piv.select import AID
from cardtool.pcsc.virtual.status import (
    FUNCTION_NOT_SUPPORTED,
    NOT_ENOUGH_MEMORY,
    NOT_FOUND,
    WRONG_DATA,
    Refused,
)

DISCOVERY = 0x7E
BIT_GROUP_TEMPLATE = 0x7F61
TAG_LIST = 0x5C
CONTENT = 0x53

KEY_HISTORY = 0x5FC10C
YUBICO_FIRST, YUBICO_LAST = 0x5FFF00, 0x5FFF15
ATTESTATION_CERTIFICATE = 0x5FFF01

NEEDS_PIN = frozenset({0x5FC103, 0x5FC108, 0x5FC109, 0x5FC121, 0x5FC123})
"""Fingerprints, facial image, printed information, iris images, pairing code reference data."""

_STANDARD = frozenset(range(0x5FC101, 0x5FC10D)) - {0x5FC104} | frozenset(range(0x5FC10D, 0x5FC124))
_PIN_USAGE_PIV_PIN_ONLY = bytes.fromhex("4000")


def get_data(applet: Applet, command: Command) -> bytes:
    command.require(p1=0x3F, p2=0xFF)
    tag = int.from_bytes(tlv.only(command.data, TAG_LIST), "big")
    if tag == DISCOVERY:
        return discovery_object()
    if tag in NEEDS_PIN:
        applet.require_pin()
    content = applet.state.objects.get(tag)
    if content is None:
        raise Refused(NOT_FOUND)
    return tlv.encode(BIT_GROUP_TEMPLATE if tag == BIT_GROUP_TEMPLATE else CONTENT, content)


def put_data(applet: Applet, command: Command) -> bytes:
    """Store an object; an empty one is removed. The discovery object is the card's own."""
    command.require(p1=0x3F, p2=0xFF)
    applet.require_admin()
    tag, content = _object(command.data)
    if not _may_hold(applet, tag):
        raise Refused(FUNCTION_NOT_SUPPORTED)
    _check_room(applet, tag, content)
    applet.state.objects.pop(tag, None)
    if content:
        applet.state.objects[tag] = content
    return b""


def discovery_object() -> bytes:
    """SP 800-73-5 Part 1, 3.3.2: the application and its PIN usage policy."""
    policy = tlv.encode(0x5F2F, _PIN_USAGE_PIV_PIN_ONLY)
    return tlv.encode(DISCOVERY, tlv.encode(0x4F, AID) + policy)


def _object(data: bytes) -> tuple[int, bytes]:
    objects = tlv.parse(data)
    tags = [tag for tag, _ in objects]
    if tags == [BIT_GROUP_TEMPLATE]:
        return objects[0]
    if tags == [DISCOVERY]:
        raise Refused(FUNCTION_NOT_SUPPORTED)
    if tags != [TAG_LIST, CONTENT]:
        raise Refused(WRONG_DATA)
    return int.from_bytes(objects[0][1], "big"), objects[1][1]


def _may_hold(applet: Applet, tag: int) -> bool:
    yubico = bool(applet.personality.extensions) and YUBICO_FIRST <= tag <= YUBICO_LAST
    return tag in _STANDARD or tag == BIT_GROUP_TEMPLATE or yubico


def _check_room(applet: Applet, tag: int, content: bytes) -> None:
    others = sum(len(value) for key, value in applet.state.objects.items() if key != tag)
    limits = applet.personality
    if len(content) > limits.object_size or others + len(content) > limits.memory:
        raise Refused(NOT_ENOUGH_MEMORY)
