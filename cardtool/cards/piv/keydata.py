"""Public keys as PIV cards write them (SP 800-73-5 part 2, table 18), read into ``cryptography``'s."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519

from cardtool.cards.piv.types import Algorithm
from cardtool.errors import CardAnswerMalformed
from cardtool.pcsc import tlv

PUBLIC_KEY_TEMPLATE = 0x7F49
MODULUS = 0x81
PUBLIC_EXPONENT = 0x82
POINT = 0x86

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | x25519.X25519PublicKey


def algorithm_of(key: PublicKey) -> Algorithm | None:
    """The identifier for a key of this kind and size; None if PIV has none."""
    if isinstance(key, rsa.RSAPublicKey):
        return next((item for item in Algorithm if item.rsa_bits == key.key_size), None)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return {"secp256r1": Algorithm.ECC_P256, "secp384r1": Algorithm.ECC_P384}.get(key.curve.name)
    return Algorithm.ED25519 if isinstance(key, ed25519.Ed25519PublicKey) else Algorithm.X25519


def parse_public_key(items: bytes, algorithm: Algorithm, command: str) -> PublicKey:
    """``items`` is the content of the template 7F49. Raises CardAnswerMalformed, for a wrong size as well."""
    fields = tlv.fields(items, command)
    try:
        if algorithm.rsa_bits is not None:
            return _rsa(fields[MODULUS], fields[PUBLIC_EXPONENT], algorithm.rsa_bits)
        return _point(fields[POINT], algorithm)
    except (KeyError, ValueError, UnsupportedAlgorithm):
        raise CardAnswerMalformed(command) from None


def _rsa(modulus: bytes, exponent: bytes, bits: int) -> rsa.RSAPublicKey:
    n = int.from_bytes(modulus, "big")
    if n.bit_length() != bits or len(exponent) > 8:
        raise ValueError(bits)
    return rsa.RSAPublicNumbers(int.from_bytes(exponent, "big"), n).public_key()


def _point(point: bytes, algorithm: Algorithm) -> PublicKey:
    if algorithm is Algorithm.ED25519:
        return ed25519.Ed25519PublicKey.from_public_bytes(point)
    if algorithm is Algorithm.X25519:
        return x25519.X25519PublicKey.from_public_bytes(point)
    curve = ec.SECP256R1() if algorithm is Algorithm.ECC_P256 else ec.SECP384R1()
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
