"""What the commands of the applet work on, and the rules several of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.piv.personality import Extension, Personality
from cardtool.pcsc.virtual.piv.state import CardState
from cardtool.pcsc.virtual.status import INS_NOT_SUPPORTED, SECURITY_STATUS_NOT_SATISFIED, Refused


@dataclass(frozen=True)
class Challenge:
    """A block the card gave out for 9B and awaits the answer to; ``mutual`` when it was a witness."""

    block: bytes = field(repr=False)
    mutual: bool


@dataclass
class Momentary:
    """What one command leaves for the very next one only."""

    pin_verified: bool = False
    challenge: Challenge | None = None


@dataclass
class Session:
    """What a reset or pull takes away."""

    selected: bool = False
    pin_verified: bool = False
    admin: bool = False
    puk_accepted: bool = False
    before: Momentary = field(default_factory=Momentary)
    after: Momentary = field(default_factory=Momentary)

    def next_command(self) -> None:
        self.before, self.after = self.after, Momentary()


@dataclass
class Applet:
    """One powered PIV applet.

    ``work_on_key`` takes the time that making a key of so many RSA bits takes (0: an elliptic curve).
    """

    state: CardState
    work_on_key: Callable[[int], None]
    session: Session = field(default_factory=Session)

    @property
    def personality(self) -> Personality:
        return self.state.personality

    def require_admin(self) -> None:
        if not self.session.admin:
            raise Refused(SECURITY_STATUS_NOT_SATISFIED)

    def require_pin(self) -> None:
        if not self.session.pin_verified:
            raise Refused(SECURITY_STATUS_NOT_SATISFIED)

    def require(self, extension: Extension) -> None:
        """A card without the extension does not know the instruction at all."""
        if not self.personality.has(extension):
            raise Refused(INS_NOT_SUPPORTED)


Handler = Callable[[Applet, Command], bytes]
