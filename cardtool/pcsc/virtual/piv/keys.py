"""The private keys of the card: generation, import, public form, and the bare private-key operation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import cast

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, utils, x25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from cardtool.pcsc.virtual import rsa as rsa_operations
from cardtool.pcsc.virtual import tlv
from cardtool.pcsc.virtual.piv.personality import Algorithm
from cardtool.pcsc.virtual.status import WRONG_DATA, Refused

PrivateKey = (
    rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | x25519.X25519PrivateKey
)

RSA_BITS = {Algorithm.RSA_2048: 2048, Algorithm.RSA_3072: 3072, Algorithm.RSA_4096: 4096}
CURVES: dict[Algorithm, ec.EllipticCurve] = {
    Algorithm.ECC_P256: ec.SECP256R1(),
    Algorithm.ECC_P384: ec.SECP384R1(),
}
_DIGESTS: dict[int, hashes.HashAlgorithm] = {32: hashes.SHA256(), 48: hashes.SHA384()}


class PinPolicy(IntEnum):
    """When a key wants the PIN (Yubico PIV extensions, tag AA)."""

    DEFAULT = 0
    NEVER = 1
    ONCE = 2
    ALWAYS = 3


class TouchPolicy(IntEnum):
    """Kept and reported; the software card never waits for a touch (tag AB)."""

    DEFAULT = 0
    NEVER = 1
    ALWAYS = 2
    CACHED = 3


@dataclass(frozen=True)
class KeyPair:
    """One key in its slot. ``pkcs8`` is unencrypted; ``generated`` is False for an imported one."""

    algorithm: Algorithm
    pkcs8: bytes
    pin_policy: PinPolicy
    touch_policy: TouchPolicy
    generated: bool

    @cached_property
    def private(self) -> PrivateKey:
        # The card made or checked the key itself; checking RSA again costs 30-190 ms at every start.
        return cast("PrivateKey", load_der_private_key(self.pkcs8, None, unsafe_skip_rsa_key_validation=True))


def generate(algorithm: Algorithm) -> PrivateKey:
    """A new private key of an asymmetric ``algorithm``."""
    if algorithm in RSA_BITS:
        return rsa.generate_private_key(65537, RSA_BITS[algorithm])
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm])
    if algorithm is Algorithm.ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    return x25519.X25519PrivateKey.generate()


def to_pkcs8(private: PrivateKey) -> bytes:
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def public_objects(private: PrivateKey) -> bytes:
    """The objects inside 7F49: 81 modulus and 82 exponent, or 86 point (SP 800-73-5 Part 2, table 11)."""
    public = private.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return rsa_operations.public_objects(public)
    if isinstance(public, ec.EllipticCurvePublicKey):
        return tlv.encode(0x86, public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    return tlv.encode(0x86, public.public_bytes_raw())


def transform(private: PrivateKey, block: bytes) -> bytes:
    """The operation behind tag 81: raw RSA, ECDSA over a digest, or Ed25519 over a message.

    Raises Refused(6A80) where ``block`` does not fit the key.
    """
    if isinstance(private, rsa.RSAPrivateKey):
        return rsa_operations.raw_operation(private, block)
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return _ecdsa(private, block)
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign(block)
    raise Refused(WRONG_DATA)


def agree(private: PrivateKey, point: bytes) -> bytes:
    """The shared secret behind tag 85: ECDH's x coordinate, or X25519. Raises Refused(6A80)."""
    try:
        if isinstance(private, ec.EllipticCurvePrivateKey):
            peer = ec.EllipticCurvePublicKey.from_encoded_point(private.curve, point)
            return private.exchange(ec.ECDH(), peer)
        if isinstance(private, x25519.X25519PrivateKey):
            return private.exchange(x25519.X25519PublicKey.from_public_bytes(point))
    except ValueError:
        raise Refused(WRONG_DATA) from None
    raise Refused(WRONG_DATA)


def _ecdsa(private: ec.EllipticCurvePrivateKey, digest: bytes) -> bytes:
    """FIPS 186-5 6.4: the leftmost bits count, a shorter digest is the same number with leading zeros."""
    size = private.key_size // 8
    if not digest:
        raise Refused(WRONG_DATA)
    number = digest[:size].rjust(size, b"\0")
    return private.sign(number, ec.ECDSA(utils.Prehashed(_DIGESTS[size])))
