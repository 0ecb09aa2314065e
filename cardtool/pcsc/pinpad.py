"""Readers with a PIN pad: the PIN goes from its keys to the card and never through this computer.

PC/SC part 10, revision 2.02.09 ("PIN pad and other secure devices"), 2.5. Structures are little-endian on every
system that CardTool runs on. Tested byte for byte; not verified on hardware (docs/platforms.md).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from cardtool.errors import CardToolError, NotSupportedByCard, PinNotSent
from cardtool.pcsc.apdu import Response

FORMAT_ASCII_IN_BYTES = 0x82
"""bmFormatString: system units are bytes (bit 7), no offset, justified to the left, ASCII (bits 1-0 = 2)."""
NO_LENGTH_IN_BLOCK = 0x00
VALIDATION_KEY_PRESSED = 0x02
ONE_MESSAGE = 0x01
THREE_MESSAGES = 0x03
CONFIRM_NEW_AND_ASK_CURRENT = 0x03
SECONDS_TO_TYPE = 30
_VERIFY = struct.Struct("<BBBBBHBBHB3sI")
_MODIFY = struct.Struct("<BBBBBBBHBBBHBBB3sI")
_NO_PROLOGUE = bytes(3)


class Feature(IntEnum):
    """Tags of part 10, 2.3, as ``Connection.features`` has them."""

    VERIFY_PIN_DIRECT = 0x06
    MODIFY_PIN_DIRECT = 0x07


class Language(IntEnum):
    """wLangId: Windows language identifiers."""

    ENGLISH = 0x0409
    CHINESE_TRADITIONAL = 0x0404


class PadStatus(IntEnum):
    """Status words of the pad itself (part 10, 2.5.4): the card saw nothing."""

    TIMED_OUT = 0x6400
    CANCELLED = 0x6401
    NEW_PINS_DIFFER = 0x6402
    WRONG_LENGTH = 0x6403
    STRUCTURE_REFUSED = 0x6B80


@dataclass(frozen=True)
class PinBlock:
    """How the card wants a PIN: ``length`` bytes, of which ``minimum`` to ``maximum`` are typed."""

    minimum: int
    maximum: int
    length: int

    @property
    def extra_digits(self) -> int:
        """wPINMaxExtraDigit: minimum in the high byte, maximum in the low one."""
        return self.minimum << 8 | self.maximum


@dataclass(frozen=True)
class PinPad:
    """The control codes of a reader that has both; ``None`` where one is missing."""

    verify: int | None
    modify: int | None
    language: Language = Language.ENGLISH

    @classmethod
    def of(cls, features: Mapping[int, int], language: Language = Language.ENGLISH) -> PinPad | None:
        """From ``Connection.features``; None for a reader without a pad."""
        verify, modify = features.get(Feature.VERIFY_PIN_DIRECT), features.get(Feature.MODIFY_PIN_DIRECT)
        return cls(verify, modify, language) if verify is not None or modify is not None else None


def verify_structure(template: bytes, block: PinBlock, language: Language) -> bytes:
    """PIN_VERIFY_STRUCTURE around ``template``, the VERIFY command with padding where the PIN will be."""
    head = _VERIFY.pack(
        SECONDS_TO_TYPE,
        SECONDS_TO_TYPE,
        FORMAT_ASCII_IN_BYTES,
        block.length,
        NO_LENGTH_IN_BLOCK,
        block.extra_digits,
        VALIDATION_KEY_PRESSED,
        ONE_MESSAGE,
        language,
        0,
        _NO_PROLOGUE,
        len(template),
    )
    return head + template


def modify_structure(template: bytes, block: PinBlock, language: Language) -> bytes:
    """PIN_MODIFY_STRUCTURE: the current PIN, then twice the new one; both blocks follow each other."""
    head = _MODIFY.pack(
        SECONDS_TO_TYPE,
        SECONDS_TO_TYPE,
        FORMAT_ASCII_IN_BYTES,
        block.length,
        NO_LENGTH_IN_BLOCK,
        0,
        block.length,
        block.extra_digits,
        CONFIRM_NEW_AND_ASK_CURRENT,
        VALIDATION_KEY_PRESSED,
        THREE_MESSAGES,
        language,
        0,
        1,
        2,
        _NO_PROLOGUE,
        len(template),
    )
    return head + template


def pad_error(response: Response, block: PinBlock) -> CardToolError | None:
    """What the pad itself says; None where the answer is the card's. Nothing was sent to the card."""
    if response.sw in {PadStatus.TIMED_OUT, PadStatus.CANCELLED}:
        return PinNotSent("not_typed", block.minimum, block.maximum)
    if response.sw == PadStatus.NEW_PINS_DIFFER:
        return PinNotSent("different", block.minimum, block.maximum)
    if response.sw == PadStatus.WRONG_LENGTH:
        return PinNotSent("length", block.minimum, block.maximum)
    return NotSupportedByCard("PIN pad") if response.sw == PadStatus.STRUCTURE_REFUSED else None
