"""A vendor, its cards, and what they say of keys: made here, so that tests can say anything."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from server_stub.ca.attestation import FIRMWARE_VERSION, FORM_FACTOR, POLICY, SERIAL_NUMBER, Attestation

SERIAL = 12345678
EARLY = datetime(2020, 1, 1, tzinfo=UTC)
LATE = datetime(2090, 1, 1, tzinfo=UTC)
EXTENSIONS = {
    FIRMWARE_VERSION: bytes([5, 7, 1]),
    SERIAL_NUMBER: core.Integer(SERIAL).dump(),
    POLICY: bytes([2, 1]),
    FORM_FACTOR: b"\x03",
}


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Link:
    """A certificate to be made. ``issuer``: its own where None."""

    name: str
    key: Any = field(default_factory=new_key)
    issuer: Link | None = None
    is_ca: bool = True
    until: datetime = LATE
    extensions: dict[x509.ObjectIdentifier, bytes] = field(default_factory=dict)

    def with_(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def certificate(self) -> x509.Certificate:
        issuer = self.issuer or self
        public = self.key.public_key() if hasattr(self.key, "public_key") else self.key
        builder = x509.CertificateBuilder(
            _name(issuer.name), _name(self.name), public, x509.random_serial_number(), EARLY, self.until
        ).add_extension(x509.BasicConstraints(ca=self.is_ca, path_length=None), critical=True)
        for oid, value in self.extensions.items():
            builder = builder.add_extension(x509.UnrecognizedExtension(oid, value), critical=False)
        return builder.sign(issuer.key, SHA256())

    def pem(self) -> str:
        return self.certificate().public_bytes(Encoding.PEM).decode()


VENDOR = Link("Vendor")
CARD = Link("Card", issuer=VENDOR)


def statement_about(public_key: object, card: Link = CARD) -> Link:
    return Link("Statement", key=public_key, issuer=card, is_ca=False, extensions=EXTENSIONS)


def said(statement: Link) -> Attestation:
    """The statement with its signer's certificate, as a client sends them."""
    assert statement.issuer is not None
    return Attestation(statement.pem(), statement.issuer.pem())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
