"""Admin status with a key at hand: personalisation, and self-managed cards whose owner has it.

A card of our RA gets its admin status by the relay (docs/ra-api.md), where the key never leaves the RA.
"""

from __future__ import annotations

import hmac
import os

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, algorithms, modes

from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import AdminAlgorithm
from cardtool.errors import (
    CardCommandFailed,
    CardNotGenuine,
    NotSupportedByCard,
    ObjectNotFound,
    SecurityStatusNotSatisfied,
)
from cardtool.secret import Secret

_NEWEST_FIRST = (AdminAlgorithm.AES_256, AdminAlgorithm.AES_192, AdminAlgorithm.AES_128, AdminAlgorithm.TDES)
_REFUSALS = (CardCommandFailed, NotSupportedByCard, ObjectNotFound, SecurityStatusNotSatisfied)


def find_witness(session: PivSession) -> tuple[AdminAlgorithm, bytes]:
    """The admin key's algorithm, found by asking for a witness in each, and the witness.

    Asking costs nothing: the admin key has no try counter that a request could lower. Raises
    NotSupportedByCard if the card gives none.
    """
    for algorithm in _NEWEST_FIRST:
        try:
            return algorithm, session.admin_witness(algorithm)
        except _REFUSALS:
            continue
    raise NotSupportedByCard("mutual authentication")


def find_admin_algorithm(session: PivSession) -> tuple[AdminAlgorithm, bool]:
    """The admin key's algorithm, and whether the card authenticates mutually; found by asking.

    Raises NotSupportedByCard for a card that gives neither witness nor challenge.
    """
    try:
        return find_witness(session)[0], True
    except NotSupportedByCard:
        pass
    for algorithm in _NEWEST_FIRST:
        try:
            session.admin_challenge(algorithm)
        except _REFUSALS:
            continue
        return algorithm, False
    raise NotSupportedByCard("admin authentication")


def authenticate_mutually(session: PivSession, algorithm: AdminAlgorithm, key: Secret) -> None:
    """Both sides prove that they have ``key``. Raises CardNotGenuine where the card does not.

    A wrong key of ours: SecurityStatusNotSatisfied or CardCommandFailed.
    """
    cipher = _cipher(algorithm, key)
    challenge = os.urandom(algorithm.block_size)
    witness = session.admin_witness(algorithm)
    decryptor = cipher.decryptor()
    answer = session.admin_mutual_response(decryptor.update(witness) + decryptor.finalize(), challenge)
    encryptor = cipher.encryptor()
    if not hmac.compare_digest(answer, encryptor.update(challenge) + encryptor.finalize()):
        raise CardNotGenuine


def authenticate_singly(session: PivSession, algorithm: AdminAlgorithm, key: Secret) -> None:
    """Only we prove it, for cards without mutual authentication."""
    encryptor = _cipher(algorithm, key).encryptor()
    challenge = session.admin_challenge(algorithm)
    session.admin_single_response(encryptor.update(challenge) + encryptor.finalize())


def _cipher(algorithm: AdminAlgorithm, key: Secret) -> Cipher[modes.ECB]:
    """One block at a time, as the protocol has it: ECB."""
    raw = key.bytes()
    kind: BlockCipherAlgorithm = TripleDES(raw) if algorithm is AdminAlgorithm.TDES else algorithms.AES(raw)
    return Cipher(kind, modes.ECB())  # noqa: S305  (SP 800-73-5 part 2, appendix A.1)
