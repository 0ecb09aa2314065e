"""The expert command's words, and what it refuses without --expert."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardtool.cards.explain import decode_command, decode_response, is_write, status_meaning
from cardtool.pcsc.apdu import INS

READING = [
    "00A4040009A0000003080000100000",
    "00A404000BA000000308000010000100",
    "00A4040009A0000003974254465900",
    "00CB3FFF055C035FC10200",
    "00C0000000",
    "00200080",
    "00FD000000",
    "00F8000000",
    "00F7008100",
]
CHANGING = [
    "002000800831323334353637 38",  # a try
    "0020FF80",  # log out
    "00240080",
    "002C0080",
    "0047009A05AC0380011100",
    "0087119A00",
    "00DB3FFF075C035FC1025300",
    "00F69A82",
    "00FB0000",
    "00F99A0000",
    "00FE079A",
    "00A4040008A000000527200101",  # another application, where the same bytes mean other things
    "00A4000C023F00",
    "10CB3FFF055C035FC102",
    "80CB3FFF00",
    "00CA0000",
    "00",
]


@pytest.mark.parametrize("command", READING)
def test_reading_commands(command: str) -> None:
    assert not is_write(bytes.fromhex(command))


@pytest.mark.parametrize("command", CHANGING)
def test_everything_else_counts_as_writing(command: str) -> None:
    assert is_write(bytes.fromhex(command))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("00A4040009A0000003080000100000", "SELECT: PIV"),
        ("00A4040001D0", "SELECT: an application that is not known here"),
        ("00CB3FFF055C035FC10200", "GET DATA: CHUID"),
        ("00CB3FFF055C035FFF0000", "GET DATA: object 5FFF00"),
        ("00CB3FFF00", "GET DATA: no tag list"),
        ("00200080", "VERIFY: ask the status of 80 piv pin"),
        ("0020FF80", "VERIFY: log out"),
        ("002000800831323334353637FF", "VERIFY: 80 piv pin"),
        ("0087079C027C00", "GENERAL AUTHENTICATE: 9C signature, algorithm RSA-2048"),
        ("00870C9B027C00", "GENERAL AUTHENTICATE: 9B admin, algorithm AES-256"),
        ("0047009A05AC0380011100", "GENERATE ASYMMETRIC KEY PAIR: 9A authentication"),
        ("00F99A0000", "ATTEST: 9A authentication"),
        ("005A0000", "INS 5A"),
        ("AABB", "no command APDU: shorter than its header"),
    ],
)
def test_headlines(command: str, words: str) -> None:
    assert decode_command(bytes.fromhex(command))[0] == words


def test_secrets_are_told_by_length_only() -> None:
    for ins in (
        INS.VERIFY,
        INS.CHANGE_REFERENCE_DATA,
        INS.RESET_RETRY_COUNTER,
        INS.GENERAL_AUTHENTICATE,
        INS.PERFORM_SECURITY_OPERATION,
        INS.PUT_DATA,  # without a tag list: GIDS, perhaps a key
        0x5A,
    ):
        lines = "\n".join(decode_command(bytes([0, ins, 0, 0x80, 6]) + b"924681"))
        assert "393234363831" not in lines
        assert "6 bytes, not shown" in lines
    answer = decode_response(b"924681\x90\x00", bytes([0, INS.GENERAL_AUTHENTICATE, 7, 0x9D]))
    assert "not shown" in answer[1]


def test_an_answer_is_a_tree() -> None:
    assert decode_response(bytes.fromhex("7C0480021234 9000")) == ["SW 9000: done", "7C (4)", "  80 (2) 1234"]
    assert decode_response(bytes.fromhex("FF9000"))[1] == "data: FF"
    assert decode_response(b"") == ["no answer: shorter than a status word"]


@pytest.mark.parametrize(
    ("sw", "meaning"),
    [
        (0x6100, "256 more bytes wait for GET RESPONSE"),
        (0x6C10, "wrong Le field, 16 bytes are available"),
        (0x63C2, "verification failed, 2 tries left"),
        (0x6A82, "file or application not found"),
        (0x1234, "not known"),
    ],
)
def test_status_words(sw: int, meaning: str) -> None:
    assert status_meaning(sw) == meaning


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_bytes_are_explained(command: bytes, answer: bytes) -> None:
    assert decode_command(command)
    assert decode_response(answer, command)
    is_write(command)
