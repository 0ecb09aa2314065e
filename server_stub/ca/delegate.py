"""Keys of the RA's own services (OCSP, CMC), each with a short-lived certificate of the CA.

The CA's own key signs certificates and lists only; what strangers have a say in is signed by a delegate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from filelock import FileLock

from server_stub.ca.authority import Authority
from server_stub.ca.keys import algorithm_of
from server_stub.ca.signer import MAKERS
from server_stub.custody.private_file import read_private, write_private

ServiceKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_LIFETIME: Final = timedelta(days=30)
_RENEWED_BEFORE: Final = timedelta(days=10)
_CLOCK_SKEW: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Credential:
    """A service's key, its certificate, and the hash that goes with the key."""

    key: ServiceKey
    certificate: x509.Certificate

    @property
    def hash(self) -> hashes.SHA256 | hashes.SHA384:
        """RFC 5480 section 4 pairs P-384 with SHA-384."""
        return hashes.SHA384() if self.key.key_size == 384 else hashes.SHA256()

    def is_good(self, now: datetime) -> bool:
        certificate = self.certificate
        return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - _RENEWED_BEFORE


class Delegate:
    """Safe to share between threads and between workers, which find each other's credential in the file."""

    def __init__(self, file: Path, authority: Authority, profile: str) -> None:
        self._file = file
        self._authority = authority
        self._profile = profile
        self._current: Credential | None = None

    def at(self, now: datetime) -> Credential:
        """The credential of this time; made anew when there is none. Raises PrivateFileExposed."""
        current = self._current
        if current is None or not current.is_good(now):
            current = self._current = self._fetch(now)
        return current

    def _fetch(self, now: datetime) -> Credential:
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(self._file.with_suffix(".lock")):
            found = self._read()
            if found is None or not found.is_good(now):
                found = self._make(now)
                write_private(self._file, _pem(found))
        return found

    def _read(self) -> Credential | None:
        """None for another CA's: the file is only a convenience."""
        if not self._file.exists():
            return None
        pem = read_private(self._file)
        key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
        certificate = x509.load_pem_x509_certificate(pem)
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise TypeError("not a key of ours")
        return (
            Credential(key, certificate) if certificate.issuer == self._authority.chain[0].subject else None
        )

    def _make(self, now: datetime) -> Credential:
        issuing = self._authority.chain[0]
        key = MAKERS[algorithm_of(self._authority.public_key())]()
        certificate = self._authority.issue(
            self._profile,
            key.public_key(),
            _name(issuing, self._profile),
            None,
            self._authority.new_serial(),
            max(now - _CLOCK_SKEW, issuing.not_valid_before_utc),
            min(now + _LIFETIME, issuing.not_valid_after_utc),
        )
        return Credential(key, certificate)


def _name(issuing: x509.Certificate, role: str) -> x509.Name:
    """The issuing CA's name with the service's role as common name."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, role) if part.oid == NameOID.COMMON_NAME else part
            for part in issuing.subject
        ]
    )


def _pem(credential: Credential) -> bytes:
    key = credential.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key + credential.certificate.public_bytes(Encoding.PEM)
