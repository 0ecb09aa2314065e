"""Is it the same card? (spec 3.5: by its 9E key, then the vendor's serial, then its GUID; GIDS: by its card id)."""

from __future__ import annotations

from cardtool.cards.certificates import key_fingerprint, public_key_in
from cardtool.cards.gids.files import CardFiles
from cardtool.cards.gids.recipes import read_card_id
from cardtool.cards.gids.session import GidsSession
from cardtool.cards.overview import CardOverview
from cardtool.cards.piv.recipes import read_certificate, read_chuid
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import Slot
from cardtool.cards.piv.yubico import serial_of
from cardtool.errors import ObjectNotFound


def identity_of(card: CardOverview) -> str:
    """What tells this card from others: the surest mark that it has."""
    if card.verification_key:
        return f"9E {card.verification_key}"
    if card.card_id:
        return f"card id {card.card_id}"
    if card.serial is not None:
        return f"serial {card.serial}"
    return f"GUID {card.guid}" if card.guid else f"reader {card.reader}"


def is_same_gids_card(session: GidsSession, card: CardOverview) -> bool:
    """Whether the selected card is the one seen before; costs two commands. A card without an id never is."""
    try:
        found = read_card_id(CardFiles(session))
    except ObjectNotFound:
        return False
    return found is not None and found.hex() == card.card_id


def is_same_card(session: PivSession, card: CardOverview) -> bool:
    """Whether the selected card is the one seen before, by the same mark; costs one or two commands."""
    if card.verification_key:
        der = read_certificate(session, Slot.CARD_AUTHENTICATION)
        key = public_key_in(der) if der else None
        return key is not None and key_fingerprint(key) == card.verification_key
    if card.serial is not None:
        return serial_of(session) == card.serial
    chuid = read_chuid(session)
    found = chuid.guid.hex() if chuid and chuid.guid else None
    return found == card.guid
