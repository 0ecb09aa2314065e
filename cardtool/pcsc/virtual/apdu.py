"""Command APDUs as the card receives them (ISO/IEC 7816-4:2020 5.2)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cardtool.pcsc.virtual.status import WRONG_LENGTH, WRONG_P1_P2, Refused

CHAINING = 0x10
"""CLA bit 5: more commands of this chain follow (ISO/IEC 7816-4:2020 5.3.3)."""
SELECT = 0xA4
GET_RESPONSE = 0xC0


@dataclass(frozen=True)
class Command:
    """One command. ``le`` is how many answer bytes are wanted at most, None if it was not said."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(default=b"", repr=False)  # may hold a PIN
    le: int | None = None
    extended: bool = False

    @property
    def chained(self) -> bool:
        return bool(self.cla & CHAINING)

    def with_data(self, data: bytes) -> Command:
        return replace(self, cla=self.cla & ~CHAINING, data=data)

    def require(self, *, p1: int, p2: int) -> None:
        """Raises Refused(6A86) if P1 or P2 are others."""
        if (self.p1, self.p2) != (p1, p2):
            raise Refused(WRONG_P1_P2)


def parse(raw: bytes) -> Command:
    """Read a command APDU of any case, short or extended. Raises Refused(6700)."""
    if len(raw) < 4:
        raise Refused(WRONG_LENGTH)
    cla, ins, p1, p2 = raw[:4]
    body = raw[4:]
    if len(body) >= 3 and body[0] == 0:
        data, le = _lengths(body[1:], width=2)
        return Command(cla, ins, p1, p2, data, le, extended=True)
    data, le = _lengths(body, width=1)
    return Command(cla, ins, p1, p2, data, le)


def _lengths(body: bytes, width: int) -> tuple[bytes, int | None]:
    """Split Lc, data and Le, each length ``width`` bytes wide."""
    if not body:
        return b"", None
    first = int.from_bytes(body[:width], "big")
    if len(body) == width:
        return b"", _expected(first, width)
    data, rest = body[width : width + first], body[width + first :]
    if first == 0 or len(data) != first or len(rest) not in (0, width):
        raise Refused(WRONG_LENGTH)
    return data, _expected(int.from_bytes(rest, "big"), width) if rest else None


def _expected(le: int, width: int) -> int:
    return le or 1 << 8 * width
