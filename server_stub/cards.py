"""Cards the RA personalised, and the proof that one is here: its 9E key signs a nonce of ours."""

from __future__ import annotations

import secrets
from datetime import timedelta

from cryptography.hazmat.primitives.serialization import load_der_public_key
from sqlalchemy import select

from server_stub.custody.statements import BadStatement, check_statement
from server_stub.db.models import Account, Card, CardGuid, Verification
from server_stub.problems import Code, Problem
from server_stub.ra import Act

VERIFICATION_LIFETIME = timedelta(minutes=5)
NONCE_BYTES = 32


def by_key(act: Act, fingerprint: str) -> Card:
    """The card with this 9E key (SHA-256 of its SubjectPublicKeyInfo, hex). Raises Problem NOT_FOUND."""
    card = act.db.scalars(select(Card).where(Card.key_fingerprint == fingerprint)).one_or_none()
    if card is None:
        raise Problem(Code.NOT_FOUND)
    return card


def owned(act: Act, account: Account, card_id: str) -> Card:
    """The customer's own card. Raises Problem NOT_FOUND, for a foreign one as for none."""
    card = act.db.get(Card, card_id)
    if card is None or card.account_id != account.id or card.status != "active":
        raise Problem(Code.NOT_FOUND)
    return card


def of_account(act: Act, account: Account) -> list[Card]:
    chosen = select(Card).where(Card.account_id == account.id, Card.status == "active")
    return list(act.db.scalars(chosen.order_by(Card.label)))


def guids(act: Act, card: Card) -> list[str]:
    """Oldest first."""
    return list(
        act.db.scalars(select(CardGuid.guid).where(CardGuid.card_id == card.id).order_by(CardGuid.id))
    )


def announce_guid(act: Act, card: Card, guid: str) -> None:
    """Remember a GUID the client is about to write. Known ones are not repeated."""
    if guid not in guids(act, card):
        act.db.add(CardGuid(card_id=card.id, guid=guid, seen_at=act.now))
        act.record("card.guid", card.id, guid=guid)


def challenge(act: Act, card: Card, purpose: str) -> Verification:
    """A fresh nonce for the card to sign."""
    verification = Verification(
        id=secrets.token_hex(16),
        card_id=card.id,
        account_id=card.account_id,
        purpose=purpose,
        nonce=secrets.token_hex(NONCE_BYTES),
        state="open",
        expires_at=act.now + VERIFICATION_LIFETIME,
    )
    act.db.add(verification)
    return verification


def verify(act: Act, card: Card, verification_id: str, statement: bytes, signature: bytes) -> Verification:
    """Check the card's answer, one per nonce. Raises Problem NOT_FOUND, CARD_NOT_VERIFIED."""
    verification = act.db.get(Verification, verification_id)
    if verification is None or verification.card_id != card.id:
        raise Problem(Code.NOT_FOUND)
    if verification.state != "open" or verification.expires_at <= act.now or card.verification_key is None:
        raise Problem(Code.CARD_NOT_VERIFIED)
    expected = {
        "audience": act.ra.settings.url,
        "card_id": card.id,
        "nonce": verification.nonce,
        "purpose": verification.purpose,
        "type": "card-verification",
    }
    verification.state = "used"
    try:
        check_statement(load_der_public_key(card.verification_key), statement, signature, expected, act.now)
    except BadStatement as error:
        act.record("card.not-verified", card.id)
        raise Problem(Code.CARD_NOT_VERIFIED, keep=True) from error
    verification.state = "verified"
    act.record("card.verified", card.id, purpose=verification.purpose)
    return verification


def spend(act: Act, card_id: str, verification_id: str, purpose: str) -> None:
    """Use a verification for the one thing it was made for. Raises Problem CARD_NOT_VERIFIED."""
    verification = act.db.get(Verification, verification_id)
    good = (
        verification is not None
        and (verification.card_id, verification.purpose, verification.state) == (card_id, purpose, "verified")
        and verification.expires_at > act.now
    )
    if verification is None or not good:
        raise Problem(Code.CARD_NOT_VERIFIED)
    verification.state = "used"
