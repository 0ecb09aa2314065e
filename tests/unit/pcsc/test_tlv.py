"""BER-TLV: what is written is read back; what is broken is CardAnswerMalformed and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardtool.errors import CardAnswerMalformed
from cardtool.pcsc import tlv
from cardtool.pcsc.tlv import Tlv

TAGS = st.sampled_from([0x53, 0x70, 0x7E, 0x7C, 0x5F2F, 0x7F49, 0x5FC105])


@pytest.mark.parametrize(
    ("length", "header"),
    [(0, "5300"), (127, "537F"), (128, "538180"), (256, "53820100"), (70000, "5383011170")],
)
def test_lengths_take_the_shortest_form(length: int, header: str) -> None:
    encoded = tlv.encode(0x53, bytes(length))
    assert encoded[: -length or None].hex().upper() == header
    assert tlv.unwrap(0x53, encoded, "") == bytes(length)


@given(st.lists(st.builds(Tlv, TAGS, st.binary(max_size=300)), max_size=5))
def test_what_is_written_is_read_back(items: list[Tlv]) -> None:
    assert tlv.parse(b"".join(item.encode() for item in items), "") == items


@given(st.binary(max_size=400))
def test_any_bytes_are_objects_or_malformed(data: bytes) -> None:
    try:
        items = tlv.parse(data, "GET DATA")
    except CardAnswerMalformed:
        return
    assert sum(len(item.value) for item in items) <= len(data)
    tlv.tree(data, "GET DATA")


@pytest.mark.parametrize(
    "broken",
    [
        "53",  # no length
        "5305AABB",  # shorter than it says
        "5380AABB0000",  # indefinite length
        "5384FFFFFFFF",  # 4 GiB promised
        "5FC1",  # the tag goes on and ends
        "5FC1C1C10100",  # a tag of five bytes
        "530100FF",  # left over
    ],
)
def test_broken_objects(broken: str) -> None:
    with pytest.raises(CardAnswerMalformed):
        tlv.parse(bytes.fromhex(broken), "GET DATA")


def test_of_a_tag_that_comes_twice_the_first_counts() -> None:
    assert tlv.fields(bytes.fromhex("70010170010271 00".replace(" ", "")), "") == {0x70: b"\x01", 0x71: b""}


def test_unwrap_wants_exactly_one_object() -> None:
    for wrong in ("7000", "53005300", ""):
        with pytest.raises(CardAnswerMalformed):
            tlv.unwrap(0x53, bytes.fromhex(wrong), "GET DATA")


def test_a_tree_opens_what_is_constructed_but_not_without_end() -> None:
    tree = tlv.tree(bytes.fromhex("7C0480021234"), "")
    assert [(depth, item.tag) for depth, item in tree] == [(0, 0x7C), (1, 0x80)]
    deep = b""
    for _ in range(30):
        deep = tlv.encode(0x7C, deep)
    assert max(depth for depth, _ in tlv.tree(deep, "")) == 8
    assert len(tlv.tree(bytes.fromhex("7C02FFFF"), "")) == 1


def test_a_value_is_not_shown() -> None:
    assert "313335373930" not in repr(Tlv(0x81, b"135790"))
    assert "135790" not in repr(Tlv(0x81, b"135790"))
