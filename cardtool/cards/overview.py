"""Everything the home screen shows of a card, read with as few commands as possible and without a PIN."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from cardtool.cards.certificates import key_fingerprint, public_key_in
from cardtool.cards.gids import recipes as gids
from cardtool.cards.gids.files import CardFiles
from cardtool.cards.gids.session import GidsSession
from cardtool.cards.pin import PinStatus
from cardtool.cards.piv.recipes import read_certificate, read_chuid, read_key_history
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import MAIN_SLOTS, RETIRED_SLOTS, Slot
from cardtool.cards.piv.yubico import serial_of
from cardtool.errors import CardAnswerMalformed, CardCommandFailed, ObjectNotFound, SecurityStatusNotSatisfied

_BROKEN = (CardAnswerMalformed, CardCommandFailed, SecurityStatusNotSatisfied)
"""What one object that cannot be read raises; it does not hide the others."""
KeyPlace = Slot | gids.Container
"""Where a key lies; both kinds have a ``label``."""
Kind = Literal["empty", "mute", "held", "piv", "gids", "unknown", "unread"]
"""``unread``: a card that nobody has looked at yet."""


@dataclass(frozen=True)
class CertificateOnCard:
    """``slot``: a GIDS card has containers. ``der`` as the card holds it: it may be anything, nobody has parsed it."""

    slot: KeyPlace
    der: bytes = field(repr=False)


@dataclass(frozen=True)
class ContainerOnCard:
    """A key of a GIDS card. ``der`` as the card holds it, None where there is no certificate."""

    container: gids.Container
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


def read_overview(session: PivSession) -> CardOverview:
    """Of a card whose PIV application is selected: CHUID, Key History, certificates, serial, tries left."""
    chuid = read_chuid(session)
    guid = chuid.guid if chuid else None
    certificates, unreadable = _certificates(session)
    return CardOverview(
        reader=session.reader,
        kind="piv",
        atr=session.atr,
        serial=serial_of(session),
        guid=guid.hex() if guid else None,
        chuid_signed=bool(chuid and chuid.signed),
        verification_key=_verification_key(certificates),
        certificates=certificates,
        pin=session.pin_status(),
        unreadable=unreadable,
        pin_pad=has_keypad(session),
    )


def has_keypad(session: PivSession) -> bool:
    """Whether the PIN can be typed on the reader."""
    pad = session.pin_pad()
    return pad is not None and pad.verify is not None


def _certificates(session: PivSession) -> tuple[tuple[CertificateOnCard, ...], tuple[Slot, ...]]:
    found: list[CertificateOnCard] = []
    unreadable: list[Slot] = []
    for slot in _slots(session):
        try:
            der = read_certificate(session, slot)
        except _BROKEN:
            unreadable.append(slot)
            continue
        if der is not None:
            found.append(CertificateOnCard(slot, der))
    return tuple(found), tuple(unreadable)


def _slots(session: PivSession) -> Iterable[Slot]:
    """The four main slots, and as many retired ones as the Key History counts instead of all twenty."""
    return (*MAIN_SLOTS, *RETIRED_SLOTS[: read_key_history(session).on_card])


def _verification_key(certificates: Iterable[CertificateOnCard]) -> str | None:
    der = next((item.der for item in certificates if item.slot is Slot.CARD_AUTHENTICATION), None)
    key = public_key_in(der) if der else None
    return key_fingerprint(key) if key else None


def read_gids_overview(session: GidsSession) -> CardOverview:
    """Of a card whose GIDS application is selected: tries left, card identifier, containers, certificates."""
    pin = gids.read_pin_status(session)
    known = CardOverview(session.reader, "gids", session.atr, pin=pin)
    try:
        files = CardFiles(session)
        card_id = gids.read_card_id(files)
        containers = tuple(_with_certificate(files, each) for each in gids.list_containers(files))
    except (ObjectNotFound, *_BROKEN):
        return known
    return replace(
        known,
        card_id=card_id.hex() if card_id else None,
        containers=containers,
        certificates=tuple(
            CertificateOnCard(each.container, each.der) for each in containers if each.der is not None
        ),
    )


def _with_certificate(files: CardFiles, container: gids.Container) -> ContainerOnCard:
    try:
        return ContainerOnCard(container, gids.read_certificate(files, container))
    except _BROKEN:
        return ContainerOnCard(container, None)
