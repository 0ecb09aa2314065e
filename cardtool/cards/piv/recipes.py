"""What takes several commands, or a command and some sense: free functions over a session."""

from __future__ import annotations

import os
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519

from cardtool.cards.certificates import key_fingerprint, public_key_in
from cardtool.cards.keys import (
    CardECPrivateKey,
    CardEd25519PrivateKey,
    CardOperation,
    CardPrivateKey,
    CardRSAPrivateKey,
    CardX25519PrivateKey,
    SigningPublicKey,
    card_private_key,
)
from cardtool.cards.piv.keydata import PublicKey, algorithm_of
from cardtool.cards.piv.objects import Chuid, KeyHistory, build_certificate, parse_certificate
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import ObjectTag, Slot
from cardtool.cards.piv.yubico import YubicoExtensions
from cardtool.errors import (
    CardAnswerMalformed,
    CardCommandFailed,
    NoCertificate,
    NotSupportedByCard,
    ObjectNotFound,
    ProofFailed,
)
from cardtool.pcsc.apdu import SW

_NO_SUCH_KEY = frozenset(
    {
        SW.INCORRECT_PARAMETERS_IN_DATA_FIELD,
        SW.INCORRECT_PARAMETERS_P1_P2,
        SW.CONDITIONS_OF_USE_NOT_SATISFIED,
    }
)
"""What cards answer to a signature with an empty slot, or with a key of another algorithm."""
BeforeUse = Callable[[], None]
"""Called right before each use of a private key, e.g. to verify the PIN for 9C."""


def read_certificate(session: PivSession, slot: Slot) -> bytes | None:
    """The certificate (DER) of ``slot``, unpacked; None where there is none. Raises CardAnswerMalformed."""
    try:
        return parse_certificate(session.get_data(slot.object_tag))
    except ObjectNotFound:
        return None


def write_certificate(session: PivSession, slot: Slot, der: bytes) -> None:
    """Needs admin status. Raises CardFull; read back and compare afterwards."""
    session.put_data(slot.object_tag, build_certificate(der))


def read_key_history(session: PivSession) -> KeyHistory:
    """Zero keys where the card has no such object, or a broken one."""
    try:
        return KeyHistory.parse(session.get_data(ObjectTag.KEY_HISTORY))
    except (ObjectNotFound, CardAnswerMalformed, CardCommandFailed):
        return KeyHistory(0)


def read_chuid(session: PivSession) -> Chuid | None:
    """None where the card has none, or a broken one."""
    try:
        return Chuid.parse(session.get_data(ObjectTag.CHUID))
    except (ObjectNotFound, CardAnswerMalformed, CardCommandFailed):
        return None


def refresh_chuid_guid(session: PivSession, guid: bytes) -> bool:
    """Give the card another GUID, so that Windows forgets what it cached; needs admin status.

    False, and nothing written, where there is no CHUID or its issuer signed it.
    """
    try:
        chuid = Chuid.parse(session.get_data(ObjectTag.CHUID))
    except ObjectNotFound:
        return False
    if chuid.signed:
        return False
    session.put_data(ObjectTag.CHUID, chuid.with_guid(guid).encode())
    return True


def private_key(
    session: PivSession, slot: Slot, public_key: SigningPublicKey, before_use: BeforeUse = lambda: None
) -> CardRSAPrivateKey | CardECPrivateKey:
    """The key in ``slot`` for ``cryptography``. Valid as long as the session. Raises NotSupportedByCard."""
    operation, agreement = _operations(session, slot, public_key, before_use)
    return card_private_key(public_key, operation, agreement)


def any_private_key(
    session: PivSession, slot: Slot, public_key: PublicKey, before_use: BeforeUse = lambda: None
) -> CardPrivateKey:
    """Likewise for all kinds of key, also those that some cards have: Ed25519 and X25519."""
    if isinstance(public_key, SigningPublicKey):
        return private_key(session, slot, public_key, before_use)
    operation, agreement = _operations(session, slot, public_key, before_use)
    if isinstance(public_key, x25519.X25519PublicKey):
        return CardX25519PrivateKey(public_key, agreement)
    return CardEd25519PrivateKey(public_key, operation)


def _operations(
    session: PivSession, slot: Slot, public_key: PublicKey, before_use: BeforeUse
) -> tuple[CardOperation, CardOperation]:
    """The bare private-key operation, and key agreement."""
    algorithm = algorithm_of(public_key)
    if algorithm is None:
        raise NotSupportedByCard("key algorithm")

    def operation(payload: bytes) -> bytes:
        before_use()
        return session.sign(slot, algorithm, payload)

    def agreement(peer: bytes) -> bytes:
        before_use()
        return session.key_agreement(slot, algorithm, peer)

    return operation, agreement


def sign_message(
    session: PivSession,
    slot: Slot,
    public_key: SigningPublicKey,
    message: bytes,
    before_use: BeforeUse = lambda: None,
) -> bytes:
    """Sign with SHA-256: RSASSA-PKCS1-v1_5, or ECDSA (DER). The signature was checked with ``public_key``.

    For 9C the PIN must be verified by the very last command before, or by ``before_use``. Raises
    SecurityStatusNotSatisfied, ProofFailed.
    """
    key = private_key(session, slot, public_key, before_use)
    if isinstance(key, CardRSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(message, ec.ECDSA(hashes.SHA256()))


def verification_signature(session: PivSession, statement: bytes) -> bytes:
    """``statement`` signed by the card-verification key 9E, no PIN. Raises NoCertificate, ProofFailed."""
    der = read_certificate(session, Slot.CARD_AUTHENTICATION)
    public_key = public_key_in(der) if der else None
    if not isinstance(public_key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise NoCertificate
    return sign_message(session, Slot.CARD_AUTHENTICATION, public_key, statement)


def slot_key_matches(
    session: PivSession,
    slot: Slot,
    public_key: SigningPublicKey,
    extensions: YubicoExtensions | None = None,
    before_use: BeforeUse = lambda: None,
) -> bool:
    """Whether ``slot`` holds the private key of ``public_key``: by metadata, else by signing.

    Signing wants the PIN status the slot wants. An empty slot does not match; a card that fails for another
    reason does not answer the question: its error is raised.
    """
    if extensions is not None:
        try:
            found = extensions.metadata(slot).public_key
        except ObjectNotFound:
            return False
        except NotSupportedByCard:
            found = None
        if found is not None:
            return key_fingerprint(found) == key_fingerprint(public_key)
    try:
        sign_message(session, slot, public_key, os.urandom(32), before_use)
    except (ProofFailed, ObjectNotFound):
        return False
    except CardCommandFailed as error:
        if error.sw in _NO_SUCH_KEY:
            return False
        raise
    return True
