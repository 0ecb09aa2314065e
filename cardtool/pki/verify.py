"""Verify a signature as cards of ours make them: RSASSA-PKCS1-v1_5 or ECDSA, with SHA-256."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from cardtool.pki.algorithms import PublicKey


def verify_signature(public_key: PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether the key made this signature of this message."""
    try:
        if isinstance(public_key, rsa.RSAPublicKey):
            public_key.verify(signature, message, PKCS1v15(), SHA256())
        else:
            public_key.verify(signature, message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
