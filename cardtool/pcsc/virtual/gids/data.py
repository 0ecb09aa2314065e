"""GET DATA and PUT DATA: data objects in files, PIN status, public keys, keys from outside."""

from __future__ import annotations

from cardtool.pcsc.virtual import tlv
from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.gids import key_data
from cardtool.pcsc.virtual.gids.access import Act
from cardtool.pcsc.virtual.gids.applet import Applet
from cardtool.pcsc.virtual.gids.select import APPLICATION_FILE
from cardtool.pcsc.virtual.gids.state import CardFile, FileKind
from cardtool.pcsc.virtual.status import (
    NOT_ENOUGH_MEMORY,
    NOT_FOUND,
    REFERENCE_NOT_FOUND,
    WRONG_DATA,
    Refused,
)

CURRENT_FILE = 0x0000
EF_ATR = 0x2F01
TAG_LIST = 0x5C
PIN_STATUS = frozenset({0x7F71, 0x7F72})
TRY_COUNTER = 0x97
OLD_TRY_COUNTER = 0x9F17
TRY_LIMIT = 0x93


def get_data(applet: Applet, command: Command) -> bytes:
    place = command.p1 << 8 | command.p2
    if place == APPLICATION_FILE and command.data[:1] == bytes([key_data.KEY_OBJECT]):
        return key_data.public_key(applet, command)
    tag = int.from_bytes(tlv.only(command.data, TAG_LIST), "big")
    if place == APPLICATION_FILE:
        return _about_application(applet, tag)
    if place == EF_ATR:
        return _ef_atr(applet)
    file = _file(applet, place)
    applet.require(file, Act.GET_DATA)
    return _objects(file, tag)


def put_data(applet: Applet, command: Command) -> bytes:
    """Store one data object. An empty one replaces what was there; put once more, it is removed."""
    place = command.p1 << 8 | command.p2
    if place == APPLICATION_FILE:
        return key_data.put_key(applet, command)
    file = _file(applet, place)
    applet.require(file, Act.PUT_DATA)
    objects = tlv.parse(command.data)
    if len(objects) != 1:
        raise Refused(WRONG_DATA)
    tag, content = objects[0]
    if not content and file.objects.get(tag) == b"":
        del file.objects[tag]
        return b""
    _check_room(applet, len(file.objects.get(tag, b"")), len(content))
    file.objects[tag] = content
    return b""


def _file(applet: Applet, place: int) -> CardFile:
    """The file named by P1-P2, which becomes the current one."""
    identifier = applet.session.current_file if place == CURRENT_FILE else place
    if identifier is None:
        raise Refused(NOT_FOUND)
    file = applet.file(identifier, FileKind.OBJECTS)
    applet.session.current_file = identifier
    return file


def _objects(file: CardFile, tag: int) -> bytes:
    """One data object, or all of them when the tag list is empty or asks for itself."""
    if tag in (0, TAG_LIST):
        return b"".join(tlv.encode(each, content) for each, content in file.objects.items())
    if tag not in file.objects:
        raise Refused(REFERENCE_NOT_FOUND)
    return tlv.encode(tag, file.objects[tag])


def _about_application(applet: Applet, tag: int) -> bytes:
    """The PIN's tries. Version 2 of the specification has no PUK."""
    if tag not in PIN_STATUS:
        raise Refused(REFERENCE_NOT_FOUND)
    pin = applet.state.pin
    counter = OLD_TRY_COUNTER if applet.personality.old_try_counter else TRY_COUNTER
    tries = tlv.encode(counter, bytes([pin.tries]))
    return tlv.encode(tag, tries + tlv.encode(TRY_LIMIT, bytes([pin.limit])))


def _ef_atr(applet: Applet) -> bytes:
    """Card service data, card capabilities (chaining, perhaps extended lengths), pre-issuing data."""
    lengths = b"\xc0" if applet.personality.extended_length else b"\x80"
    return tlv.encode(0x43, b"\xf4") + tlv.encode(0x47, b"\x08\x01" + lengths) + tlv.encode(0x46, b"CardTool")


def _check_room(applet: Applet, before: int, after: int) -> None:
    limits = applet.personality
    if after > limits.object_size or applet.state.weight - before + after > limits.memory:
        raise Refused(NOT_ENOUGH_MEMORY)
