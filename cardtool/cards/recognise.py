"""Is it the same card? By its own key, the maker's serial, certificates' keys, its GUID (spec 3.5); GIDS: its id."""

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
    """The surest mark that this card has, as a name for it during one run."""
    if card.verification_key:
        return f"9E {card.verification_key}"
    if card.card_id:
        return f"card id {card.card_id}"
    if card.serial is not None:
        return f"serial {card.serial}"
    return f"GUID {card.guid}" if card.guid else f"reader {card.reader}"


def is_same(one: CardOverview, other: CardOverview) -> bool:
    """By the surest mark that both have. The GUID comes last: other programs change it whenever they write."""
    for mark in ("verification_key", "card_id", "serial"):
        here, there = getattr(one, mark), getattr(other, mark)
        if here is not None and there is not None:
            return bool(here == there)
    if _keys(one) & _keys(other):
        return True
    return one.guid == other.guid if one.guid or other.guid else one.reader == other.reader


def _keys(card: CardOverview) -> set[str]:
    found = (public_key_in(held.der) for held in card.certificates)
    return {key_fingerprint(key) for key in found if key is not None}


def is_same_gids_card(session: GidsSession, card: CardOverview) -> bool:
    """Whether the selected card is the one seen before; costs two commands. A card without an id never is."""
    try:
        found = read_card_id(CardFiles(session))
    except ObjectNotFound:
        return False
    return found is not None and found.hex() == card.card_id


def is_same_card(session: PivSession, card: CardOverview) -> bool:
    """Whether the selected card is the one seen before, by the same marks; costs one or two commands as a rule."""
    if card.verification_key:
        return _key_in(session, Slot.CARD_AUTHENTICATION) == card.verification_key
    if card.serial is not None:
        return serial_of(session) == card.serial
    known, slots = _keys(card), [held.slot for held in card.certificates]
    if any(_key_in(session, slot) in known for slot in slots if isinstance(slot, Slot)):
        return True
    chuid = read_chuid(session)
    return (chuid.guid.hex() if chuid and chuid.guid else None) == card.guid


def _key_in(session: PivSession, slot: Slot) -> str | None:
    """The fingerprint of the key that the slot's certificate is for."""
    der = read_certificate(session, slot)
    key = public_key_in(der) if der else None
    return key_fingerprint(key) if key else None
