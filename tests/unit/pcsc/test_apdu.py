"""ISO/IEC 7816-4 encodings, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardtool.errors import CardAnswerMalformed
from cardtool.pcsc.apdu import INS, Command, InvalidCommand, Response, command_name, for_t0

ENCODINGS = [
    (Command(0, 0xA4, 4, 0), "00A40400"),
    (Command(0, 0xA4, 4, 0, le=256), "00A4040000"),
    (Command(0, 0xA4, 4, 0, le=5), "00A4040005"),
    (Command(0, 0xA4, 4, 0, b"\xa0\x00"), "00A4040002A000"),
    (Command(0, 0xA4, 4, 0, b"\xa0\x00", 256), "00A4040002A00000"),
    (Command(0, 0xCB, 0x3F, 0xFF, le=65536), "00CB3FFF000000"),
    (Command(0, 0xCB, 0x3F, 0xFF, le=257), "00CB3FFF000101"),
    (Command(0, 0xDB, 0x3F, 0xFF, bytes(256)), "00DB3FFF000100" + "00" * 256),
    (Command(0, 0xDB, 0x3F, 0xFF, b"\x01" * 256, 256), "00DB3FFF000100" + "01" * 256 + "0100"),
]


@pytest.mark.parametrize(("command", "encoded"), ENCODINGS)
def test_every_case_is_encoded_and_read_back(command: Command, encoded: str) -> None:
    assert command.encode().hex().upper() == encoded
    assert Command.parse(bytes.fromhex(encoded)) == command


@given(
    st.builds(
        Command,
        *[st.integers(0, 255)] * 4,
        data=st.binary(max_size=700),
        le=st.none() | st.integers(1, 65536),
    ),
    st.booleans(),
)
def test_what_is_encoded_is_read_back(command: Command, extended: bool) -> None:
    # Case 1 has no extended form: without lengths there is nothing to extend.
    assert Command.parse(command.encode(extended=extended)) == command


@given(st.binary(max_size=600))
def test_any_bytes_are_a_command_or_refused(raw: bytes) -> None:
    try:
        command = Command.parse(raw)
    except InvalidCommand:
        return
    assert command.ins == raw[1]


@pytest.mark.parametrize("raw", ["", "00A404", "00A4040003A0", "00A4040000000000", "00A4040001A00000"])
def test_lengths_that_do_not_fit_are_refused(raw: str) -> None:
    with pytest.raises(InvalidCommand):
        Command.parse(bytes.fromhex(raw))


def test_fields_out_of_range_are_refused() -> None:
    for wrong in ({"cla": 256}, {"ins": -1}, {"le": 0}, {"data": bytes(65536)}):
        with pytest.raises(InvalidCommand):
            Command(**{"cla": 0, "ins": 0, "p1": 0, "p2": 0, **wrong})


def test_a_command_does_not_show_its_data() -> None:
    command = Command(0, INS.VERIFY, 0, 0x80, b"135790\xff\xff")
    assert "135790" not in repr(command)
    assert "135790" not in repr(Response(b"135790", 0x9000))


def test_names_are_the_specifications() -> None:
    assert command_name(0xCB) == "GET DATA"
    assert command_name(0x5A) == "INS 5A"


def test_status_words() -> None:
    response = Response.parse(bytes.fromhex("AABB63C2"), "VERIFY")
    assert (response.data, response.sw, response.sw1, response.sw2) == (b"\xaa\xbb", 0x63C2, 0x63, 0xC2)
    assert response.tries_left == 2
    assert not response.ok
    assert Response.parse(bytes.fromhex("6300"), "").tries_left is None
    for short in (b"", b"\x90"):
        with pytest.raises(CardAnswerMalformed):
            Response.parse(short, "VERIFY")


@pytest.mark.parametrize(
    ("sent", "on_t0"),
    [
        ("00A4040002A00000", "00A4040002A000"),  # case 4: Le is left out
        ("00A40400", "00A4040000"),  # case 1: P3 is needed
        ("00A4040005", "00A4040005"),  # case 2
        ("00A4040002A000", "00A4040002A000"),  # case 3
        ("00CB3FFF0000055C035FC1020000", "00CB3FFF055C035FC102"),  # extended Le: 61xx tells what waits
        ("00CB3FFF000000", "00CB3FFF00"),
        ("00DB3FFF000100" + "AA" * 256, "00DB3FFF000100" + "AA" * 256),  # not for T=0 to mend
        ("00", "00"),
    ],
)
def test_t0_has_one_length_byte(sent: str, on_t0: str) -> None:
    assert for_t0(bytes.fromhex(sent)).hex().upper() == on_t0
