"""BER-TLV data objects (ISO/IEC 7816-4:2020, 6.3; X.690). Strict, bounded, safe for any input.

Whatever is wrong in bytes a card sent is one error, CardAnswerMalformed, raised right here: every reader
therefore names the ``command`` whose answer it reads, and no other exception needs translating above.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cardtool.errors import CardAnswerMalformed

CONSTRUCTED = 0x20
_TAG_BYTES_MAX = 3
_LENGTH_BYTES_MAX = 3
_DEPTH_MAX = 8


@dataclass(frozen=True)
class Tlv:
    """One data object. ``tag`` is the tag's bytes as one number: 0x53, 0x5FC105."""

    tag: int
    value: bytes = field(repr=False)

    @property
    def constructed(self) -> bool:
        return bool(_tag_bytes(self.tag)[0] & CONSTRUCTED)

    def encode(self) -> bytes:
        return encode(self.tag, self.value)


def encode(tag: int, value: bytes = b"") -> bytes:
    """Tag, shortest definite length, value."""
    return _tag_bytes(tag) + _length_bytes(len(value)) + value


def _tag_bytes(tag: int) -> bytes:
    return tag.to_bytes(max(1, (tag.bit_length() + 7) // 8), "big")


def _length_bytes(length: int) -> bytes:
    if length < 0x80:
        return bytes([length])
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def parse(data: bytes, command: str) -> list[Tlv]:
    """All data objects in ``data``, end to end, nothing left over. Raises CardAnswerMalformed."""
    return list(_iterate(data, command))


def fields(data: bytes, command: str) -> dict[int, bytes]:
    """Tag → value; of a tag that comes twice the first counts, as it does for a card that looks it up."""
    found: dict[int, bytes] = {}
    for item in _iterate(data, command):
        found.setdefault(item.tag, item.value)
    return found


def unwrap(tag: int, data: bytes, command: str) -> bytes:
    """The value of the single data object ``tag`` that is all of ``data``. Raises CardAnswerMalformed."""
    items = parse(data, command)
    if len(items) != 1 or items[0].tag != tag:
        raise CardAnswerMalformed(command)
    return items[0].value


def tree(data: bytes, command: str) -> list[tuple[int, Tlv]]:
    """Depth and data object, depth first; a constructed value that is no TLV counts as primitive.

    For showing, not for reading: at most 8 levels are opened.
    """
    return [line for item in parse(data, command) for line in _branch(item, 0, command)]


def _branch(item: Tlv, depth: int, command: str) -> Iterator[tuple[int, Tlv]]:
    yield depth, item
    if not item.constructed or depth >= _DEPTH_MAX:
        return
    try:
        children = parse(item.value, command)
    except CardAnswerMalformed:
        return
    for child in children:
        yield from _branch(child, depth + 1, command)


def _iterate(data: bytes, command: str) -> Iterator[Tlv]:
    position = 0
    while position < len(data):
        tag, position = _read_tag(data, position, command)
        length, position = _read_length(data, position, command)
        if length > len(data) - position:
            raise CardAnswerMalformed(command)
        yield Tlv(tag, data[position : position + length])
        position += length


def _read_tag(data: bytes, start: int, command: str) -> tuple[int, int]:
    position = start + 1
    if data[start] & 0x1F == 0x1F:
        while position < len(data) and data[position] & 0x80:
            position += 1
        position += 1
    if position > len(data) or position - start > _TAG_BYTES_MAX:
        raise CardAnswerMalformed(command)
    return int.from_bytes(data[start:position], "big"), position


def _read_length(data: bytes, start: int, command: str) -> tuple[int, int]:
    """Definite lengths of up to three bytes; the shortest form is not demanded: real cards pad it."""
    first = data[start] if start < len(data) else 0x80
    if first < 0x80:
        return first, start + 1
    count = first & 0x7F
    end = start + 1 + count
    if not 1 <= count <= _LENGTH_BYTES_MAX or end > len(data):
        raise CardAnswerMalformed(command)
    return int.from_bytes(data[start + 1 : end], "big"), end
