"""A small CA of the tests' own: root → issuing → customer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
YEAR = timedelta(days=365)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def name(common_name: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test 憑證")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def usage(*granted: str) -> x509.KeyUsage:
    every = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{one: one in granted for one in every})


AUTHORITY = (
    (x509.BasicConstraints(ca=True, path_length=None), True),
    (usage("key_cert_sign", "crl_sign"), True),
)
CUSTOMER = (
    (x509.BasicConstraints(ca=False, path_length=None), True),
    (usage("digital_signature", "content_commitment"), True),
    (
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]),
        False,
    ),
    (x509.SubjectAlternativeName([x509.RFC822Name("someone@example.test")]), False),
)


@dataclass
class Authority:
    common_name: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def certify(
        self,
        subject: str,
        key: Key,
        extensions: Iterable[tuple[x509.ExtensionType, bool]] = CUSTOMER,
        not_before: datetime = NOW - YEAR / 2,
        not_after: datetime = NOW + YEAR / 2,
        serial: int = 0x0ABC,
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder(name(self.common_name), name(subject))
            .public_key(key.public_key())
            .serial_number(serial)
            .not_valid_before(not_before)
            .not_valid_after(not_after)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.key, SHA256())


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


@dataclass(frozen=True)
class House:
    """Everything issued once; ``key`` is the customer's."""

    root: Authority
    issuing: Authority
    key: ec.EllipticCurvePrivateKey
    root_certificate: x509.Certificate
    issuing_certificate: x509.Certificate

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        return (self.issuing_certificate, self.root_certificate)


@pytest.fixture(scope="session")
def house() -> House:
    root, issuing = Authority("Root"), Authority("Issuing")
    return House(
        root=root,
        issuing=issuing,
        key=ec.generate_private_key(ec.SECP256R1()),
        root_certificate=root.certify("Root", root.key, AUTHORITY, NOW - 5 * YEAR, NOW + 5 * YEAR),
        issuing_certificate=root.certify("Issuing", issuing.key, AUTHORITY, NOW - YEAR, NOW + 3 * YEAR),
    )
