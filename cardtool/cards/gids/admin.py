"""Admin status with the key at hand: personalisation, and self-managed cards whose owner has it.

The protocol is 3DES in CBC mode from a zero vector (GIDS 2.0, as corrected by what Windows does). Mutual:
we send E(card's challenge, ours, 7 bytes of key material, 80), the card sends the same with the two exchanged.
"""

from __future__ import annotations

import hmac
import os

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from cardtool.cards.gids.session import MUTUAL_CHALLENGE_BYTES, GidsSession
from cardtool.errors import CardNotGenuine
from cardtool.secret import Secret

MATERIAL_BYTES = 7
END = b"\x80"


def answer_challenge(key: Secret, challenge: bytes) -> bytes:
    """The answer to an external challenge, for whoever holds ``key`` (24 bytes)."""
    return _encrypt(key, challenge)


def authenticate_externally(session: GidsSession, key: Secret) -> None:
    """Only we prove that we have ``key``. Wrong: SecurityStatusNotSatisfied or CardCommandFailed."""
    session.set_admin_key()
    session.external_response(answer_challenge(key, session.external_challenge()))


def authenticate_mutually(session: GidsSession, key: Secret) -> None:
    """Both sides prove that they have ``key``. Raises CardNotGenuine where the card does not.

    A wrong key of ours: SecurityStatusNotSatisfied or CardCommandFailed.
    """
    session.set_admin_key()
    ours = os.urandom(MUTUAL_CHALLENGE_BYTES)
    theirs = session.mutual_challenge(ours)
    proof = _encrypt(key, theirs + ours + os.urandom(MATERIAL_BYTES) + END)
    opened = _decrypt(key, session.mutual_response(proof))
    if not (hmac.compare_digest(opened[: len(ours + theirs)], ours + theirs) and opened.endswith(END)):
        raise CardNotGenuine


def change_admin_key(session: GidsSession, old: Secret, new: Secret) -> None:
    """24 bytes each. Keep the new one before: after this the old one opens nothing."""
    authenticate_mutually(session, old)
    session.put_admin_key(new)


def _encrypt(key: Secret, data: bytes) -> bytes:
    context = _cipher(key).encryptor()
    return context.update(data) + context.finalize()


def _decrypt(key: Secret, data: bytes) -> bytes:
    context = _cipher(key).decryptor()
    return context.update(data) + context.finalize()


def _cipher(key: Secret) -> Cipher[modes.CBC]:
    return Cipher(TripleDES(key.bytes()), modes.CBC(bytes(8)))
