"""The one door to a CA's private key.

``Signer`` is narrow on purpose: it signs certificates and revocation lists, never bytes of someone's
choosing, and the key does not come out. A PKCS#11 token implements it by handing ``cryptography`` a
private-key object whose ``sign`` runs inside the token.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol, Self, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from server_stub.ca.keys import CertifiableKey
from server_stub.custody.private_file import read_private, write_private

CaPrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

MAKERS: Final[dict[str, Callable[[], CaPrivateKey]]] = {
    "RSA-3072": lambda: rsa.generate_private_key(65537, 3072),
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
}


class TokenUnavailable(Exception):
    """The token with the CA's keys cannot be used; the message says whether module, token, PIN or key is wrong."""


class Signer(Protocol):
    """A CA key that can be used but not read."""

    def public_key(self) -> CertifiableKey: ...

    def sign_certificate(self, builder: x509.CertificateBuilder) -> x509.Certificate: ...

    def sign_crl(self, builder: x509.CertificateRevocationListBuilder) -> x509.CertificateRevocationList: ...


class Keys(Protocol):
    """Where CA keys are made and found again. ``name`` is root or issuing; ``folder`` the CA's."""

    def create(self, folder: Path, name: str, algorithm: str) -> Signer:
        """A new random key, kept before it is used. ``algorithm``: RSA-3072 | P-256 | P-384."""
        ...

    def load(self, folder: Path, name: str) -> Signer:
        """Raises FileNotFoundError where ``folder`` knows no such key."""
        ...


class KeySigner:
    """Signs with any private key in ``cryptography``'s shape."""

    def __init__(self, key: CaPrivateKey) -> None:
        self._key = key
        # The hash is as strong as the key: RFC 5480 section 4 pairs P-384 with SHA-384.
        self._hash = hashes.SHA384() if key.key_size == 384 else hashes.SHA256()

    def public_key(self) -> CertifiableKey:
        return self._key.public_key()

    def sign_certificate(self, builder: x509.CertificateBuilder) -> x509.Certificate:
        return builder.sign(self._key, self._hash)

    def sign_crl(self, builder: x509.CertificateRevocationListBuilder) -> x509.CertificateRevocationList:
        return builder.sign(self._key, self._hash)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class KeyFileSigner(KeySigner):
    """A software key, kept as unencrypted PKCS #8 in a file of mode 0600."""

    @classmethod
    def create(cls, path: Path, algorithm: str) -> Self:
        """A new random key, on disk before it is used. ``algorithm``: RSA-3072 | P-256 | P-384."""
        key = MAKERS[algorithm]()
        write_private(path, key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
        return cls(key)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises PrivateFileExposed, FileNotFoundError, ValueError for anything but a CA key."""
        key = load_der_private_key(
            # Checking an RSA key takes 200 ms; the file is ours, and its public half is compared anyway.
            read_private(path),
            password=None,
            unsafe_skip_rsa_key_validation=True,
        )
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise ValueError("not an RSA or EC key")
        return cls(key)


class FileKeys:
    """Software keys, each in its file."""

    def create(self, folder: Path, name: str, algorithm: str) -> Signer:
        return KeyFileSigner.create(folder / f"{name}.key", algorithm)

    def load(self, folder: Path, name: str) -> Signer:
        return KeyFileSigner.load(folder / f"{name}.key")
