"""Whatever is sent, the card answers with a status word, and its file holds what it holds."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cardtool.pcsc.virtual import tlv
from cardtool.pcsc.virtual.apdu import parse
from cardtool.pcsc.virtual.piv import FRAGILE, GENERIC, YUBIKEY, Personality, VirtualPivCard
from cardtool.pcsc.virtual.piv.instructions import Ins
from cardtool.pcsc.virtual.status import Refused
from tests.unit.virtual.terminal import SELECT_PIV, VERIFY_123456, Terminal

PERSONALITIES = st.sampled_from([YUBIKEY, GENERIC, FRAGILE])
TAGS = st.sampled_from(
    ["5C", "53", "7C", "80", "81", "82", "85", "AC", "AA", "AB", "01", "02", "06", "07", "7F61"]
)


@st.composite
def templates(draw: st.DrawFn) -> bytes:
    """Objects that are nearly right."""
    inner = b"".join(
        tlv.encode(int(draw(TAGS), 16), draw(st.binary(max_size=40))) for _ in range(draw(st.integers(0, 3)))
    )
    return draw(st.sampled_from([inner, tlv.encode(0x7C, inner), tlv.encode(0xAC, inner), inner[:-1]]))


@st.composite
def commands(draw: st.DrawFn) -> bytes:
    """Known instructions on known slots with data that is nearly right; no slow RSA generation among them."""
    header = [
        draw(st.sampled_from([0x00, 0x10])),
        draw(st.sampled_from([*Ins, 0xC0])),
        draw(st.sampled_from([0x00, 0x3F, 0x11, 0x0A, 0xFF, 0x82])),
        draw(st.sampled_from([0x80, 0x81, 0x9A, 0x9B, 0x9C, 0x9E, 0x82, 0xF9, 0xFF, 0x00])),
    ]
    data = draw(templates() | st.just(b"\xac\x03\x80\x01\x11") | st.binary(max_size=60))[:255]
    return (
        bytes(header) + (bytes([len(data)]) + data if data else b"") + draw(st.sampled_from([b"", b"\x00"]))
    )


def ready(card: VirtualPivCard) -> None:
    card.power_on()
    card.transmit(SELECT_PIV)
    card.transmit(VERIFY_123456)
    Terminal(card.transmit, card.state.personality.admin_algorithm).admin()


@settings(max_examples=300, deadline=None)
@given(PERSONALITIES, st.lists(st.binary(max_size=300), max_size=8))
def test_any_bytes_get_a_status_word(personality: Personality, sent: list[bytes]) -> None:
    card = VirtualPivCard.create(personality=personality)
    ready(card)
    for command in sent:
        assert len(card.transmit(command)) >= 2


@settings(max_examples=120, deadline=None)
@given(PERSONALITIES, st.lists(commands(), max_size=12))
def test_nearly_right_commands_get_a_status_word(personality: Personality, sent: list[bytes]) -> None:
    card = VirtualPivCard.create(personality=personality)
    ready(card)
    for command in sent:
        answer = card.transmit(command)
        assert len(answer) >= 2
        assert answer[-2] in {0x90, 0x61, 0x63, 0x67, 0x68, 0x69, 0x6A, 0x6D, 0x6E, 0x6F}


@settings(max_examples=40, deadline=None)
@given(PERSONALITIES, st.lists(commands(), max_size=12))
def test_the_file_always_holds_what_the_card_holds(personality: Personality, sent: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "card.json"
        card = VirtualPivCard.create(path, personality)
        ready(card)
        for command in sent:
            card.transmit(command)
        assert VirtualPivCard.inspect(path) == card.state
        card.close()


@given(st.sampled_from([parse, tlv.parse, tlv.parse_map]), st.binary(max_size=40))
def test_parsers_refuse_or_read(reader: Callable[[bytes], object], raw: bytes) -> None:
    with contextlib.suppress(Refused):
        reader(raw)


@given(
    st.lists(st.tuples(st.sampled_from([0x53, 0x7C, 0x5F2F, 0x7F49]), st.binary(max_size=400)), max_size=4)
)
def test_tlv_round_trip(objects: list[tuple[int, bytes]]) -> None:
    assert tlv.parse(b"".join(tlv.encode(tag, value) for tag, value in objects)) == objects
