"""PC/SC part 10 structures, byte for byte as its tables have them."""

from __future__ import annotations

import pytest

from cardtool.errors import NotSupportedByCard, PinNotSent
from cardtool.pcsc.apdu import Response
from cardtool.pcsc.pinpad import Language, PinBlock, PinPad, modify_structure, pad_error, verify_structure

PIV = PinBlock(6, 8, 8)
VERIFY = bytes.fromhex("00200080 08 FFFFFFFFFFFFFFFF")
CHANGE = bytes.fromhex("00240080 10 FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF")


def test_pin_verify_structure() -> None:
    assert verify_structure(VERIFY, PIV, Language.ENGLISH) == bytes.fromhex(
        "1E"  # bTimeOut
        "1E"  # bTimeOut2
        "82"  # bmFormatString
        "08"  # bmPINBlockString: 8 bytes, no length field
        "00"  # bmPINLengthFormat
        "0806"  # wPINMaxExtraDigit: 6 to 8
        "02"  # bEntryValidationCondition: validation key
        "01"  # bNumberMessage
        "0904"  # wLangId
        "00"  # bMsgIndex
        "000000"  # bTeoPrologue
        "0D000000"  # ulDataLength
        "0020008008FFFFFFFFFFFFFFFF"
    )


def test_pin_modify_structure() -> None:
    assert modify_structure(CHANGE, PIV, Language.CHINESE_TRADITIONAL) == bytes.fromhex(
        "1E1E8208000008"  # as above; bInsertionOffsetOld 0, bInsertionOffsetNew 8
        "0806"  # wPINMaxExtraDigit
        "03"  # bConfirmPIN: ask the current one, confirm the new one
        "02"  # bEntryValidationCondition
        "03"  # bNumberMessage
        "0404"  # wLangId
        "000102"  # bMsgIndex1 to 3
        "000000"  # bTeoPrologue
        "15000000"  # ulDataLength
        "0024008010FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
    )


def test_a_pad_is_found_among_the_features() -> None:
    assert PinPad.of({0x12: 1}) is None
    assert PinPad.of({0x06: 0x42330006, 0x07: 0x42330007}) == PinPad(0x42330006, 0x42330007)
    assert PinPad.of({0x06: 0x42330006}) == PinPad(0x42330006, None)


@pytest.mark.parametrize(
    ("sw", "error"),
    [
        (0x6400, PinNotSent),
        (0x6401, PinNotSent),
        (0x6402, PinNotSent),
        (0x6403, PinNotSent),
        (0x6B80, NotSupportedByCard),
    ],
)
def test_what_the_pad_itself_says(sw: int, error: type[Exception]) -> None:
    assert isinstance(pad_error(Response(b"", sw), PIV), error)


@pytest.mark.parametrize("sw", [0x9000, 0x63C2, 0x6983, 0x6A80])
def test_what_the_card_says_is_not_the_pads(sw: int) -> None:
    assert pad_error(Response(b"", sw), PIV) is None
