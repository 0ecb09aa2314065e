"""The key algorithms there are names for: what a unit may ask of a card, and what a key is called."""

from __future__ import annotations

from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

PublicKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
"""Keys that a card of ours signs with."""

SIGNING_ALGORITHMS = ("RSA-2048", "RSA-3072", "RSA-4096", "P-256", "P-384")
"""As in a unit's ``key_algorithm``; RSA signs with PKCS#1 v1.5, each with SHA-256."""

CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


def algorithm_name(key: PublicKeyTypes) -> str:
    """``RSA-2048``, ``P-256``, ``Ed25519`` …; another kind by its class name."""
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA-{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return CURVES.get(key.curve.name, key.curve.name)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519"
    return "Ed448" if isinstance(key, ed448.Ed448PublicKey) else type(key).__name__.lstrip("_")


def is_accepted(key: PublicKeyTypes) -> bool:
    """Whether a certificate for this key is worth writing to a card."""
    return algorithm_name(key) in SIGNING_ALGORITHMS
