"""Everything the home screen shows of a card, as data. ``cards.reading`` fills it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cardtool.cards.gids.types import Container
from cardtool.cards.pin import PinStatus
from cardtool.cards.piv.types import Slot
from cardtool.pki.summary import CertificateSummary

KeyPlace = Slot | Container
"""Where a key lies; both kinds have a ``label``."""
Kind = Literal["empty", "mute", "held", "piv", "gids", "unknown", "unread"]
"""``unread``: a card that nobody has looked at yet."""


@dataclass(frozen=True)
class CertificateOnCard:
    """``slot``: a GIDS card has containers. ``der`` as the card holds it: it may be anything.

    ``summary``: what it says; None where these bytes are no certificate.
    """

    slot: KeyPlace
    der: bytes = field(repr=False)
    summary: CertificateSummary | None = field(default=None, repr=False)


@dataclass(frozen=True)
class ContainerOnCard:
    """A key of a GIDS card. ``der`` as the card holds it, None where there is no certificate."""

    container: Container
    der: bytes | None = field(repr=False)


@dataclass(frozen=True)
class CardOverview:
    """A reader and what lies in it. ``pin`` is for PIV and GIDS, ``card_id`` and ``containers`` for GIDS alone.

    ``guid``: hex, from the CHUID, changeable; ``chuid_signed``: then only its issuer may change it.
    ``verification_key``: SHA-256 (hex) of the 9E certificate's SubjectPublicKeyInfo, by which the RA knows
    the card. ``unreadable``: slots whose certificate object is there but broken. ``as_last_seen``: remembered
    from an earlier look, not compared with the card yet. ``card_id``: hex; None where nobody set the card up.
    ``pin_pad``: the PIN can be typed on the reader.
    """

    reader: str
    kind: Kind
    atr: bytes | None = None
    serial: int | None = None
    guid: str | None = None
    chuid_signed: bool = False
    verification_key: str | None = None
    certificates: tuple[CertificateOnCard, ...] = ()
    pin: PinStatus | None = None
    unreadable: tuple[Slot, ...] = ()
    as_last_seen: bool = False
    card_id: str | None = None
    containers: tuple[ContainerOnCard, ...] = ()
    pin_pad: bool = False

    def certificate(self, slot: Slot) -> bytes | None:
        """The DER in ``slot``, if there is one."""
        return next((item.der for item in self.certificates if item.slot is slot), None)
