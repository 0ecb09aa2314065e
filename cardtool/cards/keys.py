"""Private keys that stay on the card, in ``cryptography``'s shape: CSRs, CMS and X.509 are built with them, and
CMS is opened with them.

Hashing and padding happen here; the card does the bare private-key operation, handed in as a callable. For 9C
the callable verifies the PIN right before. Every signature is checked with the public key before it leaves:
a card that miscalculates, or holds another key, gives ProofFailed instead of a broken certificate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import (
    ec,
    ed25519,
    padding,
    rsa,
    utils,
    x25519,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.utils import Buffer

from cardtool.cards.rsa_padding import digest_of, emsa_pkcs1_v15, emsa_pss, unpad_oaep, unpad_pkcs1_v15
from cardtool.errors import ProofFailed

SigningPublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
CardOperation = Callable[[bytes], bytes]
"""RSA: block of the modulus' size → block to the private exponent; EC: digest of the curve's size → DER signature;
Ed25519: message → signature; key agreement: the other side's point → shared secret.
"""


class CannotLeaveCard(TypeError):
    """A use of the key that would need the private key itself, or that this card key does not offer."""


class _CardKey:
    """What both kinds share: one key, one card, no copies of anything secret."""

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def private_numbers(self) -> NoReturn:
        raise CannotLeaveCard("the private key does not leave the card")

    def private_bytes(self, *_arguments: object, **_named: object) -> NoReturn:
        raise CannotLeaveCard("the private key does not leave the card")

    def private_bytes_raw(self) -> NoReturn:
        raise CannotLeaveCard("the private key does not leave the card")


class CardRSAPrivateKey(_CardKey, rsa.RSAPrivateKey):
    """Signs PKCS#1 v1.5 and PSS with SHA-256, SHA-384 or SHA-512, also of a digest (``Prehashed``); opens
    PKCS#1 v1.5 and OAEP.
    """

    def __init__(self, public_key: rsa.RSAPublicKey, operation: CardOperation) -> None:
        self._public_key = public_key
        self._operation = operation

    @property
    def key_size(self) -> int:
        return self._public_key.key_size

    def public_key(self) -> rsa.RSAPublicKey:
        return self._public_key

    def sign(
        self,
        data: bytes,
        padding: padding.AsymmetricPadding,
        algorithm: utils.Prehashed | hashes.HashAlgorithm | utils.NoDigestInfo,
    ) -> bytes:
        """Raises TypeError (CannotLeaveCard), ProofFailed, and what the card operation raises."""
        if isinstance(algorithm, utils.NoDigestInfo):
            raise CannotLeaveCard("a signature without DigestInfo is not offered")
        digest, used = _digest(data, algorithm)
        signature = self._operation(self._padded(digest, used, padding))
        try:
            self._public_key.verify(signature, data, padding, algorithm)
        except InvalidSignature:
            raise ProofFailed from None
        return signature

    def _padded(self, digest: bytes, used: hashes.HashAlgorithm, kind: padding.AsymmetricPadding) -> bytes:
        if isinstance(kind, padding.PKCS1v15):
            return emsa_pkcs1_v15(digest, used, self.key_size // 8)
        if isinstance(kind, padding.PSS):
            return emsa_pss(digest, used, kind, self.key_size)
        raise CannotLeaveCard(f"{kind.name} is no signature padding")

    def decrypt(self, ciphertext: bytes, padding: padding.AsymmetricPadding) -> bytes:
        """Raises ValueError for what was not encrypted for this key, and what the card operation raises.

        What the card answers is checked by the public key: another key in the slot gives ProofFailed.
        """
        if len(ciphertext) != self.key_size // 8:
            raise ValueError("Ciphertext length must be equal to key size.")
        block = self._operation(ciphertext)
        public = self._public_key.public_numbers()
        if pow(int.from_bytes(block, "big"), public.e, public.n) != int.from_bytes(ciphertext, "big"):
            raise ProofFailed
        return self._unpadded(block, padding)

    def _unpadded(self, block: bytes, kind: padding.AsymmetricPadding) -> bytes:
        if isinstance(kind, padding.PKCS1v15):
            return unpad_pkcs1_v15(block)
        if isinstance(kind, padding.OAEP):
            return unpad_oaep(block, kind)
        raise CannotLeaveCard(f"{kind.name} is no encryption padding")


class CardECPrivateKey(_CardKey, ec.EllipticCurvePrivateKey):
    """Signs ECDSA, also of a digest (``Prehashed``), cut to the curve's size as ECDSA says; agrees by ECDH."""

    def __init__(
        self,
        public_key: ec.EllipticCurvePublicKey,
        operation: CardOperation,
        agreement: CardOperation | None = None,
    ) -> None:
        self._public_key = public_key
        self._operation = operation
        self._agreement = agreement

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public_key.curve

    @property
    def key_size(self) -> int:
        return self._public_key.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public_key

    def sign(self, data: Buffer, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """Raises TypeError (CannotLeaveCard), ProofFailed, and what the card operation raises."""
        if not isinstance(signature_algorithm, ec.ECDSA):
            raise CannotLeaveCard("only ECDSA is offered")
        digest, _used = _digest(bytes(data), signature_algorithm.algorithm)
        size = (self.key_size + 7) // 8
        # A shorter digest is the same number with zeros before it; cards want exactly the curve's size.
        signature = self._operation(digest[:size].rjust(size, b"\x00"))
        try:
            self._public_key.verify(signature, data, signature_algorithm)
        except InvalidSignature:
            raise ProofFailed from None
        return signature

    def exchange(
        self,
        algorithm: ec.ECDH,  # noqa: ARG002  (there is no other)
        peer_public_key: ec.EllipticCurvePublicKey,
    ) -> bytes:
        """The x coordinate of the shared point. Raises ValueError for a point of another curve."""
        if self._agreement is None:
            raise CannotLeaveCard("this key signs only")
        if peer_public_key.curve.name != self.curve.name:
            raise ValueError("peer_public_key and self are not on the same curve")
        return self._agreement(peer_public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


class CardEd25519PrivateKey(_CardKey, ed25519.Ed25519PrivateKey):
    """Signs the message itself: Ed25519 hashes it twice, so the card gets all of it."""

    def __init__(self, public_key: ed25519.Ed25519PublicKey, operation: CardOperation) -> None:
        self._public_key = public_key
        self._operation = operation

    def public_key(self) -> ed25519.Ed25519PublicKey:
        return self._public_key

    def sign(self, data: Buffer) -> bytes:
        """Raises ProofFailed, and what the card operation raises."""
        signature = self._operation(bytes(data))
        try:
            self._public_key.verify(signature, data)
        except InvalidSignature:
            raise ProofFailed from None
        return signature


class CardX25519PrivateKey(_CardKey, x25519.X25519PrivateKey):
    def __init__(self, public_key: x25519.X25519PublicKey, agreement: CardOperation) -> None:
        self._public_key = public_key
        self._agreement = agreement

    def public_key(self) -> x25519.X25519PublicKey:
        return self._public_key

    def exchange(self, peer_public_key: x25519.X25519PublicKey) -> bytes:
        return self._agreement(peer_public_key.public_bytes_raw())


CardPrivateKey = CardRSAPrivateKey | CardECPrivateKey | CardEd25519PrivateKey | CardX25519PrivateKey


def card_private_key(
    public_key: SigningPublicKey, operation: CardOperation, agreement: CardOperation | None = None
) -> CardRSAPrivateKey | CardECPrivateKey:
    """The key on the card that belongs to ``public_key``."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return CardRSAPrivateKey(public_key, operation)
    return CardECPrivateKey(public_key, operation, agreement)


def _digest(
    data: bytes, algorithm: utils.Prehashed | hashes.HashAlgorithm
) -> tuple[bytes, hashes.HashAlgorithm]:
    if not isinstance(algorithm, utils.Prehashed):
        return digest_of(data, algorithm), algorithm
    if len(data) != algorithm.digest_size:
        raise ValueError("the digest's length is not that of its algorithm")
    return data, algorithm._algorithm
