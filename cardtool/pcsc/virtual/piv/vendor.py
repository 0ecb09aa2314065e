"""The vendor of software cards. Its key is public on purpose: an RA believes it in practice mode only."""

from __future__ import annotations

import hashlib
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

ROOT_NAME: Final = "CardTool practice vendor root"
_SEED: Final = b"CardTool practice vendor root key 1"


def practice_key() -> ec.EllipticCurvePrivateKey:
    """The same everywhere, so that a practice RA knows its other half (server_stub/ca/attestation_roots.py)."""
    return ec.derive_private_key(int.from_bytes(hashlib.sha256(_SEED).digest(), "big"), ec.SECP256R1())
