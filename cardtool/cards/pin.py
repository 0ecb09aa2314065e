"""What a card says of its PIN, and what is never sent to one."""

from __future__ import annotations

from dataclasses import dataclass

from cardtool.errors import PinNotSent
from cardtool.secret import Secret


@dataclass(frozen=True)
class PinStatus:
    """``tries_left`` is None where the card does not say, as while it is verified; never a remembered one."""

    verified: bool
    tries_left: int | None

    @property
    def blocked(self) -> bool:
        return self.tries_left == 0


def check_form(value: Secret, shortest: int, longest: int) -> None:
    """Refuse what no such card takes as PIN or PUK, before a try is spent. Raises PinNotSent."""
    raw = value.bytes()
    if not shortest <= len(raw) <= longest:
        raise PinNotSent("length", shortest, longest)
    if not all(0x20 < octet < 0x7F for octet in raw):
        raise PinNotSent("characters", shortest, longest)
