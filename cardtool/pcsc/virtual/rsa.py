"""RSA as a card does it: the bare private-key operation, and the public key as ISO/IEC 7816-8 writes it."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import rsa

from cardtool.pcsc.virtual import tlv
from cardtool.pcsc.virtual.status import WRONG_DATA, Refused


def raw_operation(private: rsa.RSAPrivateKey, block: bytes) -> bytes:
    """m^d mod n by the Chinese remainder theorem. Raises Refused(6A80) where ``block`` does not fit the key."""
    numbers = private.private_numbers()
    message = int.from_bytes(block, "big")
    if len(block) != private.key_size // 8 or message >= numbers.public_numbers.n:
        raise Refused(WRONG_DATA)
    at_p = pow(message, numbers.dmp1, numbers.p)
    at_q = pow(message, numbers.dmq1, numbers.q)
    result = at_q + numbers.q * ((at_p - at_q) * numbers.iqmp % numbers.p)
    return result.to_bytes(len(block), "big")


def public_objects(public: rsa.RSAPublicKey) -> bytes:
    """The objects inside 7F49: 81 modulus, 82 exponent."""
    numbers = public.public_numbers()
    modulus = numbers.n.to_bytes(public.key_size // 8, "big")
    return tlv.encode(0x81, modulus) + tlv.encode(0x82, numbers.e.to_bytes(3, "big"))
