"""Reads everything the home screen shows of a card, with as few commands as possible and without a PIN."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cardtool.cards.certificates import key_fingerprint, public_key_in
from cardtool.cards.gids import recipes as gids
from cardtool.cards.gids.files import CardFiles
from cardtool.cards.gids.session import GidsSession
from cardtool.cards.gids.types import Container
from cardtool.cards.overview import CardOverview, CertificateOnCard, ContainerOnCard, KeyPlace
from cardtool.cards.piv.recipes import read_certificate, read_chuid, read_key_history
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import MAIN_SLOTS, RETIRED_SLOTS, Slot
from cardtool.cards.piv.yubico import serial_of
from cardtool.errors import (
    CardAnswerMalformed,
    CardCommandFailed,
    CertificateRefused,
    ObjectNotFound,
    SecurityStatusNotSatisfied,
)
from cardtool.pki.certificate import describe

_BROKEN = (CardAnswerMalformed, CardCommandFailed, SecurityStatusNotSatisfied)
"""What one object that cannot be read raises; it does not hide the others."""


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
            found.append(certificate_on_card(slot, der))
    return tuple(found), tuple(unreadable)


def certificate_on_card(place: KeyPlace, der: bytes) -> CertificateOnCard:
    """With what it says, so that nobody who only shows it has to parse it."""
    try:
        return CertificateOnCard(place, der, describe(der))
    except CertificateRefused:
        return CertificateOnCard(place, der)


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
            certificate_on_card(each.container, each.der) for each in containers if each.der is not None
        ),
    )


def _with_certificate(files: CardFiles, container: Container) -> ContainerOnCard:
    try:
        return ContainerOnCard(container, gids.read_certificate(files, container))
    except _BROKEN:
        return ContainerOnCard(container, None)
