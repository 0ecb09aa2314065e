"""RSA paddings (RFC 8017) made and taken off on the host: the card only raises to the private exponent."""

from __future__ import annotations

import hmac
import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

_DIGEST_INFO = {
    "sha256": bytes.fromhex("3031300D060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300D060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300D060960864801650304020305000440"),
}
"""DER of DigestInfo up to the digest itself, RFC 8017, 9.2, note 1."""


def digest_of(data: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    hasher = hashes.Hash(algorithm)
    hasher.update(data)
    return hasher.finalize()


def emsa_pkcs1_v15(digest: bytes, algorithm: hashes.HashAlgorithm, size: int) -> bytes:
    """``size`` is the modulus in bytes. Raises TypeError for a hash that no card is asked for."""
    if algorithm.name not in _DIGEST_INFO:
        raise TypeError(f"a card signs SHA-256, SHA-384 and SHA-512, not {algorithm.name}")
    info = _DIGEST_INFO[algorithm.name] + digest
    return b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info


def emsa_pss(digest: bytes, algorithm: hashes.HashAlgorithm, pss: padding.PSS, bits: int) -> bytes:
    """``bits`` is the modulus in bits; the encoded message has one less (RFC 8017, 9.1.1)."""
    size = bits // 8
    salt = os.urandom(_salt_length(pss, digest, size))
    hashed = digest_of(bytes(8) + digest + salt, algorithm)
    block = bytes(size - len(salt) - len(hashed) - 2) + b"\x01" + salt
    masked = bytearray(a ^ b for a, b in zip(block, _mgf1(hashed, len(block), pss.mgf), strict=True))
    masked[0] &= 0x7F
    return bytes(masked) + hashed + b"\xbc"


def _salt_length(pss: padding.PSS, digest: bytes, size: int) -> int:
    wanted = pss._salt_length
    longest = size - len(digest) - 2
    if isinstance(wanted, int) and wanted <= longest:
        return wanted
    if wanted is padding.PSS.DIGEST_LENGTH:
        return len(digest)
    if wanted is padding.PSS.MAX_LENGTH:
        return longest
    raise TypeError("this PSS salt length cannot be signed with")


def _mgf1(seed: bytes, length: int, mgf: padding.MGF) -> bytes:
    """RFC 8017, B.2.1."""
    algorithm = mgf._algorithm
    rounds = range(-(-length // algorithm.digest_size))
    mask = b"".join(digest_of(seed + counter.to_bytes(4, "big"), algorithm) for counter in rounds)
    return mask[:length]


_NOT_FOR_THIS_KEY = "Decryption failed"
_PKCS1_PADDING_MIN = 8


def unpad_pkcs1_v15(block: bytes) -> bytes:
    """RFC 8017, 7.2.2. Raises ValueError, one and the same whatever is wrong.

    The person at the card opens their own mail here; nothing may answer for strangers by this (7.2, note).
    """
    end = block.find(b"\x00", 2)
    if block[:2] != b"\x00\x02" or end < 2 + _PKCS1_PADDING_MIN:
        raise ValueError(_NOT_FOR_THIS_KEY)
    return block[end + 1 :]


def unpad_oaep(block: bytes, oaep: padding.OAEP) -> bytes:
    """RFC 8017, 7.1.2. Raises ValueError, one and the same whatever is wrong."""
    algorithm, label = oaep.algorithm, oaep._label or b""
    size = algorithm.digest_size
    masked_seed, masked_data = block[1 : 1 + size], block[1 + size :]
    seed = _xor(masked_seed, _mgf1(masked_data, size, oaep.mgf))
    data = _xor(masked_data, _mgf1(seed, len(masked_data), oaep.mgf))
    mark = data.find(b"\x01", size)
    fits = hmac.compare_digest(data[:size], digest_of(label, algorithm)) and block[0] == 0
    if not fits or mark < 0 or any(data[size:mark]):
        raise ValueError(_NOT_FOR_THIS_KEY)
    return data[mark + 1 :]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
