"""PIV data objects: read, built, broken."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardtool.cards.piv.objects import (
    CardCapabilityContainer,
    Chuid,
    Discovery,
    KeyHistory,
    PrintedInformation,
    build_certificate,
    parse_certificate,
)
from cardtool.errors import CardAnswerMalformed
from cardtool.pcsc import tlv

GUID = bytes(range(16))


def test_a_chuid_is_built_and_read() -> None:
    chuid = Chuid.parse(Chuid.build(GUID, date(2030, 1, 31)).encode())
    assert chuid.guid == GUID
    assert not chuid.signed
    assert chuid.fasc_n is not None
    assert len(chuid.fasc_n) == 25
    assert b"20300131" in chuid.encode()


def test_another_guid_changes_nothing_else() -> None:
    # An unknown field between the known ones stays where it is.
    content = bytes.fromhex("3019" + "00" * 25 + "EE020010" + "3410" + "AA" * 16 + "3E00FE00")
    changed = Chuid.parse(content).with_guid(GUID)
    assert changed.encode() == content.replace(b"\xaa" * 16, GUID)


def test_a_chuid_without_guid_gets_one() -> None:
    assert Chuid.parse(bytes.fromhex("3E00FE00")).with_guid(GUID).guid == GUID
    assert Chuid.parse(bytes.fromhex("3402AABB")).guid is None


def test_a_signed_chuid_says_so() -> None:
    assert Chuid.parse(bytes.fromhex("3E0101FE00")).signed


@given(st.binary(min_size=1, max_size=3000))
def test_a_certificate_comes_back_as_it_went(der: bytes) -> None:
    assert parse_certificate(build_certificate(der)) == der


def test_large_certificates_are_compressed_and_small_ones_not() -> None:
    assert tlv.fields(build_certificate(bytes(1856)), "")[0x71] == b"\x00"
    large = build_certificate(bytes(2500))
    assert tlv.fields(large, "")[0x71] == b"\x01"
    assert len(large) < 200
    assert gzip.decompress(tlv.fields(large, "")[0x70]) == bytes(2500)


def test_an_empty_certificate_object_is_no_certificate() -> None:
    for content in ("", "7000710100FE00", "FE00"):
        assert parse_certificate(bytes.fromhex(content)) is None


def test_zlib_is_read_too() -> None:
    content = tlv.encode(0x70, zlib.compress(b"certificate")) + bytes.fromhex("710101FE00")
    assert parse_certificate(content) == b"certificate"


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(bytes(100_000_000), mtime=0)[:2000],
        gzip.compress(bytes(20_000), mtime=0),
        b"junk",
        gzip.compress(b"cut", mtime=0)[:-9],
    ],
)
def test_bombs_and_broken_compression_are_malformed(packed: bytes) -> None:
    with pytest.raises(CardAnswerMalformed):
        parse_certificate(tlv.encode(0x70, packed) + bytes.fromhex("710101FE00"))


def test_key_history() -> None:
    history = KeyHistory.parse(bytes.fromhex("C10103C20102F30461626364FE00"))
    assert (history.on_card, history.off_card, history.url) == (3, 2, b"abcd")
    assert KeyHistory.parse(history.encode()) == history
    assert KeyHistory(5).encode() == bytes.fromhex("C10105C20100FE00")
    assert KeyHistory.parse(b"") == KeyHistory(0)


def test_a_key_history_of_more_keys_than_slots_is_malformed() -> None:
    with pytest.raises(CardAnswerMalformed):
        KeyHistory.parse(bytes.fromhex("C101FFC20100FE00"))


@pytest.mark.parametrize(
    ("policy", "is_global"), [("4000", False), ("6010", False), ("6020", True), ("4020", False)]
)
def test_discovery(policy: str, is_global: bool) -> None:
    content = bytes.fromhex("4F0BA000000308000010000100" + "5F2F02" + policy)
    assert Discovery.parse(content).global_pin_is_primary is is_global


def test_ccc_and_printed_information() -> None:
    ccc = CardCapabilityContainer(bytes(21))
    assert CardCapabilityContainer.parse(ccc.encode()) == ccc
    assert len(ccc.encode()) == 51
    printed = PrintedInformation("王小明", "A-1")
    assert PrintedInformation.parse(printed.encode()) == printed


@given(
    st.sampled_from(
        [Chuid.parse, KeyHistory.parse, Discovery.parse, parse_certificate, PrintedInformation.parse]
    ),
    st.binary(max_size=300),
)
def test_arbitrary_objects_are_read_or_malformed(read: Callable[[bytes], object], content: bytes) -> None:
    try:
        read(content)
    except CardAnswerMalformed:
        return
