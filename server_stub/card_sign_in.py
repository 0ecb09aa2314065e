"""Signing in with the card: the key of a certificate on it signs a nonce of ours.

Nothing is looked up by the identifier somebody names: every one gets a challenge, and only the certificate that
signed leads to an account. So nobody learns which identifiers exist. What was wrong is told to the audit log alone.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from sqlalchemy import delete

from server_stub import captchas, limits, renewal, sessions, tries
from server_stub.custody.statements import BadStatement, canonical, check_members
from server_stub.db.models import Account, Card, CardChallenge, Certificate, SignInSession
from server_stub.policy.unit import Unit
from server_stub.problems import Code, Problem
from server_stub.ra import Act, Ra
from server_stub.signed_data import BadSignedData, open_signed

# Made of a UUID (ITU-T X.667) for signed acts and nothing else: no signed e-mail can be taken for one.
SIGNED_ACT: Final = "2.25.340101761335824935194603902314608133422"
CHALLENGE_LIFETIME: Final = timedelta(minutes=5)
_NONCE_BYTES: Final = 32
_PURPOSE: Final = "sign-in"
_DIGEST: Final = "sha256"


@dataclass(frozen=True)
class Claim:
    """Who somebody says to be. ``address`` is where the request came from, for the rate limit only."""

    unit: str
    identifier: str
    address: str


@dataclass(frozen=True)
class Proof:
    """``nonce``: of the challenge; ``signed_data``: DER of the CMS SignedData over the statement."""

    nonce: str
    signed_data: bytes


class _Refused(Exception):
    """``why``: for the audit log."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def challenge(ra: Ra, claim: Claim, captcha: tuple[str, str] | None) -> CardChallenge:
    """A nonce for the card to sign, whether the identifier exists or not. ``captcha``: id and answer.

    Raises Problem UNIT_UNKNOWN, NOT_ALLOWED (not in this unit), BUSY, CAPTCHA_*.
    """
    unit = _unit(ra, claim)
    with ra.act() as act:
        _limit(act, "card-challenge", claim)
        if unit.sign_in.captcha:
            captchas.require(act, unit.id, captcha)
        made = CardChallenge(
            nonce=secrets.token_hex(_NONCE_BYTES),
            tag=_tag(act, claim),
            expires_at=act.now + CHALLENGE_LIFETIME,
        )
        act.db.add(made)
    return made


def sign_in(ra: Ra, claim: Claim, proof: Proof) -> tuple[str, SignInSession]:
    """Token and session. The nonce is used up first; the signature is examined outside of transactions.

    Raises Problem UNIT_UNKNOWN, NOT_ALLOWED, BUSY, SUSPENDED to the holder of the card, and for whatever else is
    wrong CARD_SIGN_IN_REFUSED.
    """
    _unit(ra, claim)
    with ra.act() as act:
        _limit(act, "card-sign-in", claim)
        is_fresh, now = _take(act, claim, proof.nonce), act.now
    try:
        signer = _examine(ra, claim, proof, now)
        if not is_fresh:
            raise _Refused("nonce")
        with ra.act() as act:
            row, account = _holder(act, claim, signer)
            tries.check_open(act, account.unit, account.name)
            return sessions.begin(act, account, certificate=row.serial)
    except _Refused as refused:
        with ra.act() as act:
            act.record("session.refused", f"{claim.unit}/unknown", by="card", why=refused.why)
        raise Problem(Code.CARD_SIGN_IN_REFUSED) from refused


def _unit(ra: Ra, claim: Claim) -> Unit:
    unit = ra.policy(claim.unit).unit
    if not unit.card_sign_in:
        raise Problem(Code.NOT_ALLOWED)
    return unit


def _limit(act: Act, use: str, claim: Claim) -> None:
    rates = act.ra.settings.limits
    limits.count(act, f"{use}-address", claim.address, limit=rates.sign_ins_per_address)
    who = f"{claim.unit}/{claim.identifier}"
    limits.count(act, f"{use}-identifier", who, limit=rates.sign_ins_per_account)


def _take(act: Act, claim: Claim, nonce: str) -> bool:
    """Use the nonce up; whether it was there, in time, and given out for this unit and identifier."""
    taken = act.db.execute(
        delete(CardChallenge)
        .where(CardChallenge.nonce == nonce)
        .returning(CardChallenge.tag, CardChallenge.expires_at)
    ).one_or_none()
    return taken is not None and taken.tag == _tag(act, claim) and taken.expires_at > act.now


def _examine(ra: Ra, claim: Claim, proof: Proof, now: datetime) -> x509.Certificate:
    """The certificate, not yet judged, whose key signed the right statement. Raises _Refused."""
    try:
        opened = open_signed(proof.signed_data, SIGNED_ACT)
        check_members(opened.content, _expected(ra, claim, proof.nonce), now)
    except BadSignedData as error:
        raise _Refused("signature") from error
    except BadStatement as error:
        raise _Refused(error.why) from error
    if opened.digest != _DIGEST:
        raise _Refused("digest")
    return opened.signer


def _expected(ra: Ra, claim: Claim, nonce: str) -> dict[str, str]:
    """``body_sha256`` is over the request without what signs it."""
    body = canonical({"identifier": claim.identifier, "nonce": nonce, "unit": claim.unit})
    return {
        "audience": ra.settings.url,
        "body_sha256": hashlib.sha256(body).hexdigest(),
        "nonce": nonce,
        "purpose": _PURPOSE,
    }


def _holder(act: Act, claim: Claim, signer: x509.Certificate) -> tuple[Certificate, Account]:
    """The certificate, if it counts now and is on a card of the claimed customer. Raises _Refused."""
    try:
        row, order = renewal.counting(act, signer)
    except Problem as problem:
        raise _Refused("certificate") from problem
    card = act.db.get(Card, row.card_id) if row.card_id else None
    if row.profile != "signing" or card is None or card.status != "active":
        raise _Refused("card")
    account = order.account
    if (account.unit, account.customer.identifier) != (claim.unit, claim.identifier):
        raise _Refused("holder")
    return row, account


def _tag(act: Act, claim: Claim) -> str:
    return act.ra.tags.tag("card-challenge", claim.unit, claim.identifier)
