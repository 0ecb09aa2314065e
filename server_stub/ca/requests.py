"""The check of a certification request (PKCS #10, RFC 2986).

Only the public key and the proof of its possession are taken from a request. Subject, extensions and
attributes are ignored: what counts is the registration data the RA holds.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final, Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server_stub.ca.keys import CertifiableKey, WeakKey, algorithm_of, certifiable

# An RSA-4096 request with some attributes is about 2,000 characters.
MAXIMUM_LENGTH: Final = 16_384
_LABEL: Final = r"(?:NEW )?CERTIFICATE REQUEST-----"
_PEM: Final = re.compile(rf"\s*-----BEGIN {_LABEL}[A-Za-z0-9+/=\s]+-----END {_LABEL}\s*", re.ASCII)
_HASHES: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512)

Reason = Literal["malformed", "key", "signature", "subject"]


class RefusedRequest(Exception):
    """``reason`` is malformed | key | signature; the RA's own checks may add subject."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class CheckedRequest:
    """``spki``: the DER SubjectPublicKeyInfo; ``spki_sha256``: its SHA-256 in lower-case hex."""

    public_key: CertifiableKey
    spki: bytes
    spki_sha256: str

    def require(self, key_algorithm: str) -> None:
        """``key_algorithm``: a name of ``keys.algorithm_of``. Raises RefusedRequest for a key of another."""
        if algorithm_of(self.public_key) != key_algorithm:
            raise RefusedRequest("key")


def check_csr(pem: str, *, key_algorithm: str) -> CheckedRequest:
    """As ``examine_csr``, and the key is of the unit's algorithm. Raises RefusedRequest."""
    checked = examine_csr(pem)
    checked.require(key_algorithm)
    return checked


def examine_csr(pem: str) -> CheckedRequest:
    """The key of a request that is well formed and signed by that key. Raises RefusedRequest."""
    request = _parse(pem)
    public_key = _key(request)
    _check_possession(request)
    spki = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return CheckedRequest(public_key, spki, hashlib.sha256(spki).hexdigest())


def _parse(pem: str) -> x509.CertificateSigningRequest:
    if len(pem) > MAXIMUM_LENGTH or not _PEM.fullmatch(pem):
        raise RefusedRequest("malformed")
    try:
        return x509.load_pem_x509_csr(pem.encode("ascii"))
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise RefusedRequest("malformed") from error


def _key(request: x509.CertificateSigningRequest) -> CertifiableKey:
    try:
        return certifiable(request.public_key())
    except (ValueError, TypeError, UnsupportedAlgorithm, WeakKey) as error:
        raise RefusedRequest("key") from error


def _check_possession(request: x509.CertificateSigningRequest) -> None:
    try:
        proven = isinstance(request.signature_hash_algorithm, _HASHES) and request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise RefusedRequest("signature") from error
    if not proven:
        raise RefusedRequest("signature")
