"""Command and response APDUs (ISO/IEC 7816-4:2020, 5.1 to 5.6); the instructions and status words in use."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from cardtool.errors import CardAnswerMalformed

SHORT_DATA_MAX = 255
SHORT_LE_MAX = 256
EXTENDED_DATA_MAX = 65535
EXTENDED_LE_MAX = 65536
CLA_CHAINING = 0x10
"""ISO/IEC 7816-4, 5.4.1: "the command is not the last command of a chain"."""


class INS(IntEnum):
    """Instruction bytes: ISO/IEC 7816-4, -8 and -9 and SP 800-73-5 part 2, then the extensions Yubico documents."""

    VERIFY = 0x20
    MANAGE_SECURITY_ENVIRONMENT = 0x22
    CHANGE_REFERENCE_DATA = 0x24
    PERFORM_SECURITY_OPERATION = 0x2A
    RESET_RETRY_COUNTER = 0x2C
    ACTIVATE_FILE = 0x44
    GENERATE_ASYMMETRIC_KEY_PAIR = 0x47
    GENERAL_AUTHENTICATE = 0x87
    SELECT = 0xA4
    GET_RESPONSE = 0xC0
    GET_DATA = 0xCB
    PUT_DATA = 0xDB
    CREATE_FILE = 0xE0
    DELETE_FILE = 0xE4
    MOVE_KEY = 0xF6
    GET_METADATA = 0xF7
    GET_SERIAL = 0xF8
    ATTEST = 0xF9
    SET_PIN_RETRIES = 0xFA
    RESET = 0xFB
    GET_VERSION = 0xFD
    IMPORT_ASYMMETRIC_KEY = 0xFE
    SET_MANAGEMENT_KEY = 0xFF


class SW(IntEnum):
    """Status words by their meaning in ISO/IEC 7816-4:2020, tables 5 to 7."""

    NO_FURTHER_QUALIFICATION = 0x9000
    DATA_AVAILABLE = 0x6100
    """61xx: xx more bytes wait for GET RESPONSE (00 means 256 or more)."""
    VERIFICATION_FAILED = 0x6300
    """6300: no counter told; 63Cx: x further tries allowed."""
    NO_PRECISE_DIAGNOSIS_EXECUTION = 0x6400
    MEMORY_FAILURE = 0x6581
    WRONG_LENGTH = 0x6700
    LAST_COMMAND_OF_CHAIN_EXPECTED = 0x6883
    COMMAND_CHAINING_NOT_SUPPORTED = 0x6884
    SECURITY_STATUS_NOT_SATISFIED = 0x6982
    AUTHENTICATION_METHOD_BLOCKED = 0x6983
    REFERENCE_DATA_NOT_USABLE = 0x6984
    CONDITIONS_OF_USE_NOT_SATISFIED = 0x6985
    COMMAND_NOT_ALLOWED = 0x6986
    INCORRECT_PARAMETERS_IN_DATA_FIELD = 0x6A80
    FUNCTION_NOT_SUPPORTED = 0x6A81
    FILE_OR_APPLICATION_NOT_FOUND = 0x6A82
    RECORD_NOT_FOUND = 0x6A83
    NOT_ENOUGH_MEMORY_SPACE = 0x6A84
    INCORRECT_PARAMETERS_P1_P2 = 0x6A86
    REFERENCED_DATA_NOT_FOUND = 0x6A88
    FILE_ALREADY_EXISTS = 0x6A89
    WRONG_PARAMETERS_P1_P2 = 0x6B00
    WRONG_LE_FIELD = 0x6C00
    """6Cxx: xx is the exact number of bytes available."""
    INSTRUCTION_NOT_SUPPORTED = 0x6D00
    CLASS_NOT_SUPPORTED = 0x6E00
    NO_PRECISE_DIAGNOSIS = 0x6F00


class InvalidCommand(Exception):
    """Bytes or fields that are no command APDU: our own mistake or a hand-typed one, never the card's."""


def command_name(ins: int) -> str:
    """The specification's name, e.g. ``GET DATA``; ``INS 5A`` for an instruction that is not known."""
    try:
        return INS(ins).name.replace("_", " ")
    except ValueError:
        return f"INS {ins:02X}"


@dataclass(frozen=True)
class Command:
    """One command APDU. ``data`` may be a PIN: it is left out of the repr.

    ``le`` is the number of bytes expected at most: None for none, 256 (short) or 65536 (extended) for "all".
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(default=b"", repr=False)
    le: int | None = None

    def __post_init__(self) -> None:
        header_fits = all(0 <= octet <= 0xFF for octet in (self.cla, self.ins, self.p1, self.p2))
        le_fits = self.le is None or 1 <= self.le <= EXTENDED_LE_MAX
        if not (header_fits and le_fits and len(self.data) <= EXTENDED_DATA_MAX):
            raise InvalidCommand(command_name(self.ins & 0xFF))

    @property
    def name(self) -> str:
        return command_name(self.ins)

    @property
    def needs_extended(self) -> bool:
        """Whether a length does not fit into one byte."""
        return len(self.data) > SHORT_DATA_MAX or (self.le or 0) > SHORT_LE_MAX

    def encode(self, *, extended: bool = False) -> bytes:
        """The APDU's bytes; ``extended`` length fields on demand or where a length does not fit otherwise."""
        header = bytes((self.cla, self.ins, self.p1, self.p2))
        if extended or self.needs_extended:
            return header + self._extended_body()
        body = bytes([len(self.data)]) + self.data if self.data else b""
        return header + body + (b"" if self.le is None else bytes([self.le % SHORT_LE_MAX]))

    def _extended_body(self) -> bytes:
        if not self.data and self.le is None:
            return b""
        lc = b"\x00" + len(self.data).to_bytes(2, "big") + self.data if self.data else b""
        if self.le is None:
            return lc
        return (lc or b"\x00") + (self.le % EXTENDED_LE_MAX).to_bytes(2, "big")

    @classmethod
    def parse(cls, raw: bytes) -> Command:
        """Read the seven encodings of ISO/IEC 7816-4, 5.2. Raises InvalidCommand."""
        if len(raw) < 4:
            raise InvalidCommand("shorter than its header")
        data, le = _parse_body(raw[4:])
        return cls(raw[0], raw[1], raw[2], raw[3], data, le)


def _parse_body(body: bytes) -> tuple[bytes, int | None]:
    if not body:
        return b"", None
    if len(body) == 1:
        return b"", body[0] or SHORT_LE_MAX
    if body[0] == 0 and len(body) >= 3:
        return _parse_extended(body[1:])
    return _split(body[1:], body[0], 1, SHORT_LE_MAX)


def _parse_extended(body: bytes) -> tuple[bytes, int | None]:
    first = int.from_bytes(body[:2], "big")
    if len(body) == 2:
        return b"", first or EXTENDED_LE_MAX
    return _split(body[2:], first, 2, EXTENDED_LE_MAX)


def _split(rest: bytes, lc: int, le_size: int, le_max: int) -> tuple[bytes, int | None]:
    data, le = rest[:lc], rest[lc:]
    if lc == 0 or len(data) != lc or len(le) not in {0, le_size}:
        raise InvalidCommand("lengths do not fit")
    return data, (int.from_bytes(le, "big") or le_max) if le else None


def for_t0(raw: bytes) -> bytes:
    """The command as T=0 sends it: Le is left out after data, and P3 = 00 stands where there is none of both.

    ISO/IEC 7816-3:2006, 12.2. Extended lengths become short ones: the card then tells by 61xx what waits. What
    is no command APDU, or has more data than fits, is returned as it is.
    """
    try:
        command = Command.parse(raw)
    except InvalidCommand:
        return raw
    if len(command.data) > SHORT_DATA_MAX:
        return raw
    header = raw[:4]
    if command.data:
        return header + bytes([len(command.data)]) + command.data
    return header + bytes([min(command.le, SHORT_LE_MAX) % SHORT_LE_MAX if command.le else 0])


@dataclass(frozen=True)
class Response:
    """The answer's data and its status word SW1-SW2."""

    data: bytes = field(repr=False)
    sw: int

    @classmethod
    def parse(cls, raw: bytes, command: str) -> Response:
        """``command`` names what was asked, for CardAnswerMalformed (shorter than a status word)."""
        if len(raw) < 2:
            raise CardAnswerMalformed(command)
        return cls(raw[:-2], int.from_bytes(raw[-2:], "big"))

    @property
    def ok(self) -> bool:
        return self.sw == SW.NO_FURTHER_QUALIFICATION

    @property
    def sw1(self) -> int:
        return self.sw >> 8

    @property
    def sw2(self) -> int:
        return self.sw & 0xFF

    @property
    def tries_left(self) -> int | None:
        """The x of 63Cx; None for every other status word."""
        return self.sw & 0x0F if self.sw & 0xFFF0 == 0x63C0 else None
