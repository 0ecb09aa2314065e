"""Just enough of X.509 for the card layer: the public key inside a certificate that may hold anything."""

from __future__ import annotations

import hashlib
import warnings

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def public_key_in(der: bytes) -> CertificatePublicKeyTypes | None:
    """The certificate's key, or None if these bytes are no certificate with a key that can be read."""
    try:
        with warnings.catch_warnings():
            # Old certificates break rules that do not matter for their key.
            warnings.simplefilter("ignore")
            return x509.load_der_x509_certificate(der).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        return None


def key_fingerprint(key: CertificatePublicKeyTypes) -> str:
    """SHA-256 of the SubjectPublicKeyInfo, lower-case hex: how the RA knows a card's key."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
