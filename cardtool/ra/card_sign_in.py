"""Signing in to the RA with the card: one signature by the key of a working certificate, so one PIN."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509

from cardtool.pki.csr import PrivateKey
from cardtool.pki.signed_data import sign
from cardtool.ra.client import RaClient
from cardtool.ra.statements import SIGNED_ACT, sign_in_statement
from cardtool.ra.wire import CardChallenge, Session


def sign_in_by_card(
    ra: RaClient,
    unit: str,
    identifier: str,
    challenge: CardChallenge,
    certificate: x509.Certificate,
    key: PrivateKey,
    now: datetime,
) -> Session:
    """Answer a ``challenge`` of ``RaClient.card_challenge`` for the same unit and identifier.

    ``key`` is the one ``certificate`` was issued for, as ``cards.keys`` gives it. Raises what its ``sign`` raises,
    CardSignInRefused, AccountSuspended, NotAllowed (not in this unit) and the other R-errors.
    """
    statement = sign_in_statement(
        audience=ra.origin, unit=unit, identifier=identifier, nonce=challenge.nonce, now=now
    )
    signed_data = sign(statement, SIGNED_ACT, certificate, key, now)
    return ra.sign_in_with_card(unit, identifier, challenge.nonce, signed_data)
