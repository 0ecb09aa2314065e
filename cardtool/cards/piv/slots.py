"""What lies in a slot: its certificate, and its key as far as the card tells without using it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cardtool.cards.certificates import key_fingerprint, public_key_in
from cardtool.cards.piv.recipes import read_certificate, read_key_history
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import RETIRED_SLOTS, Slot
from cardtool.cards.piv.yubico import YubicoExtensions
from cardtool.errors import CardAnswerMalformed, NotSupportedByCard, ObjectNotFound

UNNAMED_KEY = "?"
"""There is a key, but the card does not show its public half."""


@dataclass(frozen=True)
class SlotContent:
    """``key`` and ``certified``: fingerprints of the key and of the certificate's key (SHA-256 of its SPKI).

    ``key`` is None for an empty slot and for a card without metadata, which cannot be asked.
    """

    slot: Slot
    certificate: bytes | None = field(repr=False)
    key: str | None

    @property
    def certified(self) -> str | None:
        return fingerprint_in(self.certificate)

    @property
    def empty(self) -> bool:
        """A key without certificate on a card without metadata goes unseen: no certificate was issued for it."""
        return self.certificate is None and self.key is None

    def may_be_replaced(self, expendable: frozenset[str]) -> bool:
        """Empty, or nothing but keys whose fingerprints the caller knows to be expendable."""
        if self.certificate is not None and self.certified not in expendable:
            return False
        return self.key is None or self.key in expendable


def fingerprint_in(certificate: bytes | None) -> str | None:
    """Of the key in a certificate (DER); None where there is none that can be read."""
    key = public_key_in(certificate) if certificate else None
    return key_fingerprint(key) if key else None


def look_into(session: PivSession, slot: Slot, extensions: YubicoExtensions | None) -> SlotContent:
    """Two questions at most; a certificate object that makes no sense counts as one that is there."""
    try:
        certificate = read_certificate(session, slot)
    except CardAnswerMalformed:
        certificate = b""
    return SlotContent(slot, certificate, key_in(extensions, slot) if extensions else None)


def key_in(extensions: YubicoExtensions, slot: Slot) -> str | None:
    """Fingerprint of the key in ``slot`` by metadata; None for an empty slot or a card without metadata."""
    try:
        key = extensions.metadata(slot).public_key
    except (ObjectNotFound, NotSupportedByCard):
        return None
    return key_fingerprint(key) if key else UNNAMED_KEY


def spare_slots(session: PivSession, extensions: YubicoExtensions) -> Iterator[Slot]:
    """Retired slots beyond those that the Key History counts, with neither key nor certificate; lowest first."""
    for slot in RETIRED_SLOTS[read_key_history(session).on_card :]:
        if look_into(session, slot, extensions).empty:
            yield slot
