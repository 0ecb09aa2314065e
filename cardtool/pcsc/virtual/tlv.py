"""BER-TLV as the card reads and writes it (ISO/IEC 7816-4:2020 5.2.2), apart from the client's own.

The software card shares no code with the client, or a mistake would be made twice and go unseen.
"""

from __future__ import annotations

from cardtool.pcsc.virtual.status import WRONG_DATA, Refused


def encode(tag: int, value: bytes) -> bytes:
    """One data object, its length in as few bytes as possible."""
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big") + _length(len(value)) + value


def parse(data: bytes) -> list[tuple[int, bytes]]:
    """All data objects in ``data``, in order. Raises Refused(6A80) if they do not fill it exactly."""
    found = []
    position = 0
    while position < len(data):
        tag, position = _read_tag(data, position)
        size, position = _read_length(data, position)
        if position + size > len(data):
            raise Refused(WRONG_DATA)
        found.append((tag, data[position : position + size]))
        position += size
    return found


def parse_map(data: bytes) -> dict[int, bytes]:
    """Data objects by tag. Raises Refused(6A80) if malformed or if a tag comes twice."""
    objects = parse(data)
    by_tag = dict(objects)
    if len(by_tag) != len(objects):
        raise Refused(WRONG_DATA)
    return by_tag


def only(data: bytes, tag: int) -> bytes:
    """The value of the one object ``data`` must consist of. Raises Refused(6A80)."""
    objects = parse(data)
    if len(objects) != 1 or objects[0][0] != tag:
        raise Refused(WRONG_DATA)
    return objects[0][1]


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def _byte(data: bytes, position: int) -> int:
    if position >= len(data):
        raise Refused(WRONG_DATA)
    return data[position]


def _read_tag(data: bytes, position: int) -> tuple[int, int]:
    tag = _byte(data, position)
    position += 1
    if tag & 0x1F == 0x1F:
        while True:
            octet = _byte(data, position)
            tag = tag << 8 | octet
            position += 1
            if not octet & 0x80 or tag > 0xFFFFFF:
                break
    return tag, position


def _read_length(data: bytes, position: int) -> tuple[int, int]:
    first = _byte(data, position)
    position += 1
    if first < 0x80:
        return first, position
    count = first & 0x7F
    if not 1 <= count <= 3 or position + count > len(data):
        raise Refused(WRONG_DATA)
    return int.from_bytes(data[position : position + count], "big"), position + count
