"""The minidriver's structures, byte for byte as Windows writes them, and anything else refused."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardtool.cards.gids.objects import (
    CacheFile,
    ContainerMap,
    ContainerRecord,
    Entry,
    KeyMap,
    KeyRecord,
    MasterFile,
    PinCounter,
    build_certificate,
    parse_certificate,
)
from cardtool.cards.gids.types import FileId, KeyUse
from cardtool.errors import CardAnswerMalformed, CardFull

# What Windows and gids-tool leave on a card that was just set up.
MASTERFILE = bytes.fromhex(
    "01"
    "6D73637000000000000000000000000000000000 00000000 00A00000"
    "000000000000000000636172646964000000 0000 20DF0000 12A00000"
    "000000000000000000636172646170707300 0000 21DF0000 10A00000"
    "000000000000000000636172646366000000 0000 22DF0000 10A00000"
    "6D7363700000000000636D617066696C6500 0000 23DF0000 10A00000"
)
GUID = "257f0362-2ee7-44f5-9885-36fa490f30c1"
CONTAINER = GUID.encode("utf-16-le") + bytes(8) + bytes.fromhex("03 00 0000 0008")
KEYMAP = bytes.fromhex("01 01000000 07 9A 81B0 FFFF 0000")


def test_the_table_of_files() -> None:
    table = MasterFile.parse(MASTERFILE)
    assert [entry.path for entry in table.entries] == [
        "mscp/",
        "cardid",
        "cardapps",
        "cardcf",
        "mscp/cmapfile",
    ]
    assert table.find("mscp/cmapfile") == Entry("mscp", "cmapfile", 0xDF23, 0xA010)
    assert table.find("mscp/") is None
    assert table.encode() == MASTERFILE


def test_a_new_file_takes_the_first_tag_that_nobody_uses() -> None:
    table = MasterFile.parse(MASTERFILE)
    entry = table.new_entry("mscp/kxc00")
    assert entry == Entry("mscp", "kxc00", 0xDF24, FileId.USER_WRITES)
    grown = table.with_entry(entry)
    assert grown.new_entry("mscp/kxc01").tag == 0xDF25
    assert grown.without(entry) == table
    full = MasterFile(tuple(Entry("", "f", tag, FileId.USER_WRITES) for tag in range(0xDF21, 0xDF80)))
    with pytest.raises(CardFull):
        full.new_entry("f")


def test_the_container_map() -> None:
    containers = ContainerMap.parse(CONTAINER)
    (record,) = containers.records
    assert (record.name, record.use, record.bits) == (GUID, KeyUse.EXCHANGE, 2048)
    assert record.valid
    assert record.is_default
    assert containers.encode() == CONTAINER
    assert containers.with_record(2, record).records == (record, ContainerRecord(), record)
    assert not ContainerRecord(name="reserved", flags=3).valid


def test_the_key_map() -> None:
    assert KeyMap.parse(b"") == KeyMap()
    assert KeyMap.parse(KEYMAP).records == (KeyRecord(1, 0x07, 0x9A, 0xB081),)
    assert KeyMap().with_record(0, KeyRecord(1, 0x07, 0x9A, 0xB081)).encode() == KEYMAP


def test_cache_freshness_counts_on_and_around() -> None:
    start = CacheFile.parse(bytes.fromhex("00 00 0100 FFFF"))
    assert start.freshened().encode() == bytes.fromhex("00 00 0100 0000")
    assert start.freshened(containers=True).encode() == bytes.fromhex("00 00 0200 0000")


def test_certificates() -> None:
    der = b"\x30\x82\x02\x00" + bytes(512)
    built = build_certificate(der)
    assert built[:4] == bytes.fromhex("0100 0402")
    assert len(built) < 50
    assert parse_certificate(built) == der
    assert parse_certificate(der) == der
    assert parse_certificate(b"") is None
    with pytest.raises(CardFull):
        build_certificate(bytes(65536))


@pytest.mark.parametrize(
    "content",
    [
        b"\x01",
        b"\x02\x00\x04\x00" + zlib.compress(b"text"),
        b"\x01\x00\x05\x00" + zlib.compress(b"text"),
        b"\x01\x00\x03\x00" + zlib.compress(b"text"),
        b"\x01\x00\x04\x00" + zlib.compress(b"text")[:-1],
        b"\x01\x00\x04\x00text",
        b"\x01\x00\xff\xff" + zlib.compress(bytes(50_000_000)),
    ],
    ids=["short", "method", "size too large", "size too small", "cut", "not packed", "bomb"],
)
def test_broken_certificates(content: bytes) -> None:
    with pytest.raises(CardAnswerMalformed):
        parse_certificate(content)


@pytest.mark.parametrize(
    ("content", "tries", "limit"),
    [("970102 930103", 2, 3), ("9F170100", 0, None), ("930103", None, 3), ("9700", None, None)],
)
def test_pin_counters_of_both_versions(content: str, tries: int | None, limit: int | None) -> None:
    assert PinCounter.parse(bytes.fromhex(content)) == PinCounter(tries, limit)


def test_wrong_sizes_and_versions() -> None:
    for parse, content in (
        (MasterFile.parse, b""),
        (MasterFile.parse, b"\x02" + MASTERFILE[1:]),
        (MasterFile.parse, MASTERFILE[:-1]),
        (ContainerMap.parse, CONTAINER[:-1]),
        (KeyMap.parse, KEYMAP[:-1]),
        (CacheFile.parse, bytes(5)),
    ):
        with pytest.raises(CardAnswerMalformed):
            parse(content)


@given(st.binary(max_size=400))
def test_anything_is_read_or_refused_and_written_back_alike(content: bytes) -> None:
    for kind in (MasterFile, ContainerMap, KeyMap, CacheFile):
        try:
            read = kind.parse(content)
        except CardAnswerMalformed:
            continue
        assert kind.parse(read.encode()) == read
    for parse in (parse_certificate, PinCounter.parse):
        try:
            parse(content)
        except CardAnswerMalformed:
            continue


@given(st.text(st.characters(exclude_characters="\x00", max_codepoint=0xFFFF), max_size=39))
def test_names_of_any_script_come_back(name: str) -> None:
    record = ContainerRecord(name, 1, 0, 0, 2048)
    assert ContainerMap.parse(ContainerMap((record,)).encode()).records == (record,)
    assert len(record.encode()) == struct.calcsize("<80sBBHH")
