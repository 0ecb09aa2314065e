"""Which key is this? By its SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7)."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def spki(key: PublicKeyTypes) -> bytes:
    """SubjectPublicKeyInfo, DER."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def fingerprint(key: PublicKeyTypes) -> str:
    """SHA-256 of the SubjectPublicKeyInfo, lower-case hex: the RA's name for a key."""
    return hashlib.sha256(spki(key)).hexdigest()


def same_key(one: PublicKeyTypes, other: PublicKeyTypes) -> bool:
    return spki(one) == spki(other)
