"""PC/SC return codes and the errors they become. Knows no pyscard, so it is tested everywhere.

Sources: PC/SC part 5; Microsoft "Authentication Return Values"; pcsc-lite ``pcsclite.h``.
"""

from __future__ import annotations

from enum import IntEnum

from cardtool.errors import (
    CardHeld,
    CardMute,
    CardRemoved,
    CardToolError,
    CardWasReset,
    NoCard,
    NoReader,
    ReaderFault,
    ReaderNotPermitted,
    ReaderServiceOff,
    ReaderUnplugged,
)


class Scard(IntEnum):
    """Return codes as unsigned 32-bit numbers."""

    S_SUCCESS = 0
    F_INTERNAL_ERROR = 0x80100001
    E_CANCELLED = 0x80100002
    E_INVALID_HANDLE = 0x80100003
    E_UNKNOWN_READER = 0x80100009
    E_TIMEOUT = 0x8010000A
    E_SHARING_VIOLATION = 0x8010000B
    E_NO_SMARTCARD = 0x8010000C
    E_PROTO_MISMATCH = 0x8010000F
    E_NOT_READY = 0x80100010
    E_INVALID_VALUE = 0x80100011
    F_COMM_ERROR = 0x80100013
    E_NOT_TRANSACTED = 0x80100016
    E_READER_UNAVAILABLE = 0x80100017
    E_NO_SERVICE = 0x8010001D
    E_SERVICE_STOPPED = 0x8010001E
    E_NO_ACCESS = 0x80100027
    E_NO_READERS_AVAILABLE = 0x8010002E
    E_COMM_DATA_LOST = 0x8010002F
    W_UNSUPPORTED_CARD = 0x80100065
    W_UNRESPONSIVE_CARD = 0x80100066
    W_UNPOWERED_CARD = 0x80100067
    W_RESET_CARD = 0x80100068
    W_REMOVED_CARD = 0x80100069
    W_SECURITY_VIOLATION = 0x8010006A


LINK_LOST = frozenset({Scard.E_NOT_TRANSACTED, Scard.E_COMM_DATA_LOST, Scard.F_COMM_ERROR})
"""What an exchange returns right after a pull, before the service has noticed that the card is gone."""

_PLAIN: dict[int, type[CardToolError]] = {
    Scard.W_REMOVED_CARD: CardRemoved,
    Scard.W_RESET_CARD: CardWasReset,
    Scard.E_READER_UNAVAILABLE: ReaderUnplugged,
    Scard.E_UNKNOWN_READER: ReaderUnplugged,
    Scard.E_NO_READERS_AVAILABLE: NoReader,
    Scard.E_NO_SERVICE: ReaderServiceOff,
    Scard.E_SERVICE_STOPPED: ReaderServiceOff,
    # A handle or context dies only with the service it came from.
    Scard.E_INVALID_HANDLE: ReaderServiceOff,
    Scard.E_NO_ACCESS: ReaderNotPermitted,
    Scard.W_SECURITY_VIOLATION: ReaderNotPermitted,
}


def unsigned(code: int) -> int:
    """The code as PC/SC writes it: Windows may hand over the same 32 bits as a negative number."""
    return code & 0xFFFFFFFF


def error_for(code: int, reader: str = "") -> CardToolError:
    """The error that ``code`` (not success) stands for."""
    status = unsigned(code)
    if status in _PLAIN:
        return _PLAIN[status]()
    if status == Scard.E_NO_SMARTCARD:
        return NoCard(reader)
    if status == Scard.E_SHARING_VIOLATION:
        return CardHeld(reader=reader)
    if status in {Scard.W_UNRESPONSIVE_CARD, Scard.W_UNPOWERED_CARD, Scard.W_UNSUPPORTED_CARD}:
        return CardMute(reader)
    return ReaderFault(status)
