"""What lies in a GIDS card's data objects, read and built. All readers raise CardAnswerMalformed.

Integers are little-endian: these are the memory layouts of Windows structures (cardmod.h).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from cardtool.cards.gids.types import FIRST_FREE_TAG, LAST_FREE_TAG, FileId, KeyUse
from cardtool.errors import CardAnswerMalformed, CardFull
from cardtool.pcsc import tlv

GET_DATA = "GET DATA"


def _records(layout: struct.Struct, content: bytes) -> Iterator[tuple[Any, ...]]:
    if len(content) % layout.size:
        raise CardAnswerMalformed(GET_DATA)
    return layout.iter_unpack(content)


# --- the table of files ---

_MASTERFILE_VERSION = b"\x01"
_ENTRY = struct.Struct("<9s9s2xII")


@dataclass(frozen=True)
class Entry:
    """One file, or a directory (then ``name`` is empty): which data object in which elementary file it is."""

    directory: str
    name: str
    tag: int
    file: int

    @property
    def path(self) -> str:
        """``cardid``, ``mscp/cmapfile``."""
        return f"{self.directory}/{self.name}" if self.directory else self.name

    @property
    def is_addressable(self) -> bool:
        """A table may say anything; GET DATA has two bytes for the file, and tags here are of one or two."""
        return 0 < self.file <= 0xFFFF and 0 < self.tag <= 0xFFFF

    def encode(self) -> bytes:
        names = (self.directory.encode("latin-1"), self.name.encode("latin-1"))
        return _ENTRY.pack(*names, self.tag, self.file)


@dataclass(frozen=True)
class MasterFile:
    """The table of files. Entries keep their order, known or not."""

    entries: tuple[Entry, ...]

    @classmethod
    def parse(cls, content: bytes) -> MasterFile:
        if content[:1] != _MASTERFILE_VERSION:
            raise CardAnswerMalformed(GET_DATA)
        return cls(
            tuple(
                Entry(_text(directory), _text(name), tag, file)
                for directory, name, tag, file in _records(_ENTRY, content[1:])
            )
        )

    def encode(self) -> bytes:
        return _MASTERFILE_VERSION + b"".join(entry.encode() for entry in self.entries)

    def find(self, path: str) -> Entry | None:
        """Raises CardAnswerMalformed for an entry that leads nowhere."""
        found = next((entry for entry in self.entries if entry.path == path and entry.name), None)
        if found is not None and not found.is_addressable:
            raise CardAnswerMalformed(GET_DATA)
        return found

    def new_entry(self, path: str) -> Entry:
        """An entry for a file that is not there yet, in the first tag nobody uses. Raises CardFull."""
        directory, _, name = path.rpartition("/")
        used = {entry.tag for entry in self.entries if entry.file == FileId.USER_WRITES}
        for tag in range(FIRST_FREE_TAG, LAST_FREE_TAG + 1):
            if tag not in used:
                return Entry(directory, name, tag, FileId.USER_WRITES)
        raise CardFull

    def with_entry(self, entry: Entry) -> MasterFile:
        return MasterFile((*self.entries, entry))

    def without(self, entry: Entry) -> MasterFile:
        return MasterFile(tuple(each for each in self.entries if each != entry))


def _text(field: bytes) -> str:
    return field.partition(b"\x00")[0].decode("latin-1")


# --- cardcf: CARD_CACHE_FILE_FORMAT (Windows minidriver specification) ---

_CACHE_FILE = struct.Struct("<BBHH")


@dataclass(frozen=True)
class CacheFile:
    """Counters by which Windows notices that its cache of the card is stale."""

    version: int = 0
    pins: int = 0
    containers: int = 0
    files: int = 0

    @classmethod
    def parse(cls, content: bytes) -> CacheFile:
        if len(content) != _CACHE_FILE.size:
            raise CardAnswerMalformed(GET_DATA)
        return cls(*_CACHE_FILE.unpack(content))

    def encode(self) -> bytes:
        return _CACHE_FILE.pack(self.version, self.pins, self.containers, self.files)

    def freshened(self, *, containers: bool = False) -> CacheFile:
        """Files changed; ``containers``: these too."""
        return replace(
            self,
            containers=(self.containers + containers) & 0xFFFF,
            files=(self.files + 1) & 0xFFFF,
        )


# --- mscp/cmapfile: CONTAINER_MAP_RECORD (Windows minidriver specification) ---

NAME_MAX = 39
_NAME_BYTES = (NAME_MAX + 1) * 2
_CONTAINER = struct.Struct(f"<{_NAME_BYTES}sBBHH")
VALID_CONTAINER = 0x01
DEFAULT_CONTAINER = 0x02


@dataclass(frozen=True)
class ContainerRecord:
    """One container. ``name``: at most 39 characters, unique on the card, a GUID when Windows made it."""

    name: str = ""
    flags: int = 0
    reserved: int = 0
    signature_bits: int = 0
    exchange_bits: int = 0

    @property
    def valid(self) -> bool:
        return bool(self.flags & VALID_CONTAINER) and self.bits > 0

    @property
    def is_default(self) -> bool:
        return bool(self.flags & DEFAULT_CONTAINER)

    @property
    def use(self) -> KeyUse:
        return KeyUse.EXCHANGE if self.exchange_bits else KeyUse.SIGNATURE

    @property
    def bits(self) -> int:
        return self.exchange_bits or self.signature_bits

    def encode(self) -> bytes:
        name = self.name.encode("utf-16-le", "surrogatepass")
        return _CONTAINER.pack(name, self.flags, self.reserved, self.signature_bits, self.exchange_bits)


@dataclass(frozen=True)
class ContainerMap:
    """All containers; the place in the list is the container's number."""

    records: tuple[ContainerRecord, ...] = ()

    @classmethod
    def parse(cls, content: bytes) -> ContainerMap:
        return cls(
            tuple(ContainerRecord(_wide_text(name), *rest) for name, *rest in _records(_CONTAINER, content))
        )

    def encode(self) -> bytes:
        return b"".join(record.encode() for record in self.records)

    def at(self, index: int) -> ContainerRecord:
        """An empty record where there is none yet."""
        return self.records[index] if index < len(self.records) else ContainerRecord()

    def with_record(self, index: int, record: ContainerRecord) -> ContainerMap:
        filled = [self.at(each) for each in range(max(len(self.records), index + 1))]
        filled[index] = record
        return ContainerMap(tuple(filled))


def _wide_text(field: bytes) -> str:
    text = field.decode("utf-16-le", "surrogatepass")
    return text.partition("\x00")[0]


# --- the key map ---

_KEYMAP_VERSION = b"\x01"
_KEY = struct.Struct("<IBBHHH")
_NO_KEY = 0xFFFF


@dataclass(frozen=True)
class KeyRecord:
    """Which key a container has: its file, algorithm and type. ``unknown`` is FFFF on every card seen."""

    state: int = 0
    algorithm: int = 0
    key_type: int = 0
    key_file: int = _NO_KEY
    unknown: int = 0xFFFF
    padding: int = 0

    def encode(self) -> bytes:
        return _KEY.pack(self.state, self.algorithm, self.key_type, self.key_file, self.unknown, self.padding)


@dataclass(frozen=True)
class KeyMap:
    """As many records as the container map has."""

    records: tuple[KeyRecord, ...] = ()

    @classmethod
    def parse(cls, content: bytes) -> KeyMap:
        return cls(tuple(KeyRecord(*fields) for fields in _records(_KEY, content[1:])))

    def encode(self) -> bytes:
        return _KEYMAP_VERSION + b"".join(record.encode() for record in self.records)

    def with_record(self, index: int, record: KeyRecord) -> KeyMap:
        missing = index + 1 - len(self.records)
        filled = [*self.records, *(KeyRecord() for _ in range(missing))]
        filled[index] = record
        return KeyMap(tuple(filled))


# --- certificates: kxcNN, kscNN ---

_COMPRESSED = struct.Struct("<HH")
_ZLIB_COMPRESSED = 1
_CERTIFICATE_MAX = 0xFFFF
_DER_SEQUENCE = 0x30


def parse_certificate(content: bytes) -> bytes | None:
    """The certificate (DER, not looked into), or None for an empty file. Some cards keep it uncompressed."""
    if not content:
        return None
    if content[0] == _DER_SEQUENCE:
        return content
    if len(content) < _COMPRESSED.size:
        raise CardAnswerMalformed(GET_DATA)
    method, size = _COMPRESSED.unpack_from(content)
    if method != _ZLIB_COMPRESSED:
        raise CardAnswerMalformed(GET_DATA)
    return _unpacked(content[_COMPRESSED.size :], size)


def build_certificate(der: bytes) -> bytes:
    """Method 1, the size, zlib. Raises CardFull for more than 65535 bytes."""
    if len(der) > _CERTIFICATE_MAX:
        raise CardFull
    return _COMPRESSED.pack(_ZLIB_COMPRESSED, len(der)) + zlib.compress(der, 9)


def _unpacked(data: bytes, size: int) -> bytes:
    """Bounded by the size that is told: a few bytes can unpack to gigabytes."""
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(data, size + 1)
    except zlib.error:
        raise CardAnswerMalformed(GET_DATA) from None
    if len(unpacked) != size or not unpacker.eof:
        raise CardAnswerMalformed(GET_DATA)
    return unpacked


# --- PIN status ---

TRY_COUNTER = 0x97
OLD_TRY_COUNTER = 0x9F17
TRY_LIMIT = 0x93


@dataclass(frozen=True)
class PinCounter:
    """Tries left and, where the card says, how many there are after a success."""

    tries_left: int | None
    limit: int | None

    @classmethod
    def parse(cls, content: bytes) -> PinCounter:
        fields = tlv.fields(content, GET_DATA)
        counter = fields.get(TRY_COUNTER, fields.get(OLD_TRY_COUNTER, b""))
        return cls(_one_byte(counter), _one_byte(fields.get(TRY_LIMIT, b"")))


def _one_byte(value: bytes) -> int | None:
    return value[0] if len(value) == 1 else None
