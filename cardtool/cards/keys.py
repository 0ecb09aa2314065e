"""Private keys that stay on the card, in ``cryptography``'s shape: CSRs, CMS and X.509 are built with them.

Hashing and padding happen here; the card does the bare private-key operation, handed in as a callable. For 9C
the callable verifies the PIN right before. Every signature is checked with the public key before it leaves:
a card that miscalculates, or holds another key, gives ProofFailed instead of a broken certificate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.utils import Buffer

from cardtool.cards.rsa_padding import digest_of, emsa_pkcs1_v15, emsa_pss
from cardtool.errors import ProofFailed

SigningPublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
CardOperation = Callable[[bytes], bytes]
"""RSA: padded block of the modulus' size → signature; EC: digest of the curve's size → DER signature."""


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


class CardRSAPrivateKey(_CardKey, rsa.RSAPrivateKey):
    """Signs PKCS#1 v1.5 and PSS with SHA-256, SHA-384 or SHA-512, also of a digest (``Prehashed``)."""

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

    def decrypt(self, *_arguments: object, **_named: object) -> NoReturn:
        raise CannotLeaveCard("this key signs only")


class CardECPrivateKey(_CardKey, ec.EllipticCurvePrivateKey):
    """Signs ECDSA, also of a digest (``Prehashed``). The digest is cut to the curve's size, as ECDSA says."""

    def __init__(self, public_key: ec.EllipticCurvePublicKey, operation: CardOperation) -> None:
        self._public_key = public_key
        self._operation = operation

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

    def exchange(self, *_arguments: object, **_named: object) -> NoReturn:
        raise CannotLeaveCard("this key signs only")


def card_private_key(
    public_key: SigningPublicKey, operation: CardOperation
) -> CardRSAPrivateKey | CardECPrivateKey:
    """The key on the card that belongs to ``public_key``."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return CardRSAPrivateKey(public_key, operation)
    return CardECPrivateKey(public_key, operation)


def _digest(
    data: bytes, algorithm: utils.Prehashed | hashes.HashAlgorithm
) -> tuple[bytes, hashes.HashAlgorithm]:
    if not isinstance(algorithm, utils.Prehashed):
        return digest_of(data, algorithm), algorithm
    if len(data) != algorithm.digest_size:
        raise ValueError("the digest's length is not that of its algorithm")
    return data, algorithm._algorithm
