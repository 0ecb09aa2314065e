"""What a card says of itself in its ATR: historical bytes (ISO/IEC 7816-3:2006, 8.2) and card capabilities
(ISO/IEC 7816-4:2020, 12.2.2). An ATR never decides what a card *is*; it only tells how to talk to it.
"""

from __future__ import annotations

COMPACT_TLV_CATEGORIES = frozenset({0x00, 0x80})
CARD_CAPABILITIES = 0x7
EXTENDED_LC_AND_LE = 0x40
"""Bit 7 of the third software function table."""
_TD_FOLLOWS = 0x8


def historical_bytes(atr: bytes) -> bytes:
    """Empty for an ATR that is cut short or has none."""
    if len(atr) < 2:
        return b""
    count, follows, position = atr[1] & 0x0F, atr[1] >> 4, 2
    while follows:
        position += bin(follows).count("1")
        if position > len(atr):
            return b""
        follows = atr[position - 1] >> 4 if follows & _TD_FOLLOWS else 0
    return atr[position : position + count]


def takes_extended_length(atr: bytes) -> bool:
    """Whether the card says that it takes extended Lc and Le fields; silence is a no."""
    table = _capabilities(historical_bytes(atr))
    return len(table) == 3 and bool(table[2] & EXTENDED_LC_AND_LE)


def _capabilities(historical: bytes) -> bytes:
    """The value of compact-TLV object 7x: one to three software function tables."""
    if not historical or historical[0] not in COMPACT_TLV_CATEGORIES:
        return b""
    position = 1
    while position < len(historical):
        tag, length = historical[position] >> 4, historical[position] & 0x0F
        value = historical[position + 1 : position + 1 + length]
        if tag == CARD_CAPABILITIES:
            return value
        position += 1 + length
    return b""
