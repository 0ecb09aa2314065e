"""Every PC/SC return code has one error."""

from __future__ import annotations

import pytest

from cardtool import errors
from cardtool.pcsc.status import Scard, error_for, unsigned

TABLE = {
    0x80100069: errors.CardRemoved,
    0x80100068: errors.CardWasReset,
    0x8010000C: errors.NoCard,
    0x8010000B: errors.CardHeld,
    0x80100066: errors.CardMute,
    0x80100067: errors.CardMute,
    0x80100065: errors.CardMute,
    0x80100017: errors.ReaderUnplugged,
    0x80100009: errors.ReaderUnplugged,
    0x8010001D: errors.ReaderServiceOff,
    0x8010001E: errors.ReaderServiceOff,
    0x80100003: errors.ReaderServiceOff,
    0x8010006A: errors.ReaderNotPermitted,
    0x80100027: errors.ReaderNotPermitted,
    0x8010002E: errors.NoReader,
    0x80100016: errors.ReaderFault,
    0x80100011: errors.ReaderFault,
    0x80100001: errors.ReaderFault,
}


@pytest.mark.parametrize(
    ("code", "kind"), TABLE.items(), ids=lambda value: f"{value:X}" if isinstance(value, int) else ""
)
def test_codes(code: int, kind: type[errors.CardToolError]) -> None:
    assert type(error_for(code, "Reader 0")) is kind
    # The same 32 bits as Windows and ctypes hand them over.
    assert type(error_for(code - 2**32, "Reader 0")) is kind


def test_an_unknown_code_is_told() -> None:
    error = error_for(-0x7FEFFFEA)
    assert isinstance(error, errors.ReaderFault)
    assert error.status == 0x80100016


def test_the_reader_is_named() -> None:
    assert error_for(Scard.E_SHARING_VIOLATION, "Reader 0").data()["reader"] == "Reader 0"
    assert unsigned(-1) == 0xFFFFFFFF
