"""Whose word counts when a card says that a key was made on it: the vendors' CA certificates, which are data."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography import x509

FOLDER: Final = "attestation-roots"
PRACTICE_ROOT: Final = b"""\
-----BEGIN CERTIFICATE-----
MIIBazCCARCgAwIBAgIUFS+pxwhCqkVz5BAdfNlfUDCniWUwCgYIKoZIzj0EAwIw
KDEmMCQGA1UEAwwdQ2FyZFRvb2wgcHJhY3RpY2UgdmVuZG9yIHJvb3QwIBcNMjQw
MTAxMDAwMDAwWhgPMjEyNDAxMDEwMDAwMDBaMCgxJjAkBgNVBAMMHUNhcmRUb29s
IHByYWN0aWNlIHZlbmRvciByb290MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
8vMUkSxMtf4JxFQVH+7+R1609/Qt/JRAiTKCCt4TVfo8WrWSChXdB9c6bBi7WTZ7
TnAFTTg4OXvWKVUc3puYs6MWMBQwEgYDVR0TAQH/BAgwBgEB/wIBATAKBggqhkjO
PQQDAgNJADBGAiEA5ucJz0qW2z/J+rStYD3RQBwtwdyFh1zozpstQGiZwA4CIQCw
hGRl2vodHOpYan1naqjOlspVaYPeauCbNqJA/5r6QA==
-----END CERTIFICATE-----
"""
"""Above all software cards. Everybody has its key, so whoever trusts it outside practice trusts everybody."""


class BadAttestationRoot(Exception):
    """A file among the vendors' roots that cannot be trusted; the message says which and why."""


def load_roots(folder: Path, *, practice: bool) -> tuple[x509.Certificate, ...]:
    """The CA certificates in ``*.pem`` below ``folder``, which need not exist; in practice, the software cards' too.

    Raises BadAttestationRoot, OSError.
    """
    found = tuple(root for path in sorted(folder.glob("*.pem")) for root in _load(path))
    return (*found, _practice_root()) if practice else found


def _practice_root() -> x509.Certificate:
    return x509.load_pem_x509_certificate(PRACTICE_ROOT)


def _load(path: Path) -> list[x509.Certificate]:
    try:
        roots = x509.load_pem_x509_certificates(path.read_bytes())
        authorities = [root for root in roots if is_authority(root)]
        is_practice = any(root.public_key() == _practice_root().public_key() for root in roots)
    except (ValueError, x509.InvalidVersion) as error:
        raise BadAttestationRoot(f"{path.name}: no certificates") from error
    if len(authorities) < len(roots):
        raise BadAttestationRoot(f"{path.name}: not a CA")
    if is_practice:
        raise BadAttestationRoot(f"{path.name}: the practice root is for practice only")
    return roots


def is_authority(certificate: x509.Certificate) -> bool:
    """RFC 5280 section 4.2.1.9. Raises ValueError for extensions that cannot be read."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
