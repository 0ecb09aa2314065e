"""What certificates and lists say, and how a CA's folder behaves."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asn1crypto.x509
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from server_stub.ca.authority import Authority, RevokedEntry
from server_stub.ca.keys import WeakKey

NOW = datetime.now(UTC).replace(microsecond=0)
Issue = Callable[..., x509.Certificate]


def _quick(folder: Path, *, practice: bool = True) -> Authority:
    return Authority.open(folder, name="Test RA", practice=practice, key_algorithm="P-256")


def _usages(certificate: x509.Certificate) -> set[str]:
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    bits = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign"
    )
    return {bit for bit in bits.split() if getattr(usage.value, bit)}


@pytest.mark.parametrize(
    ("profile", "algorithm", "usages", "purposes"),
    [
        (
            "signing",
            "RSA-2048",
            {"digital_signature", "content_commitment"},
            [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION],
        ),
        ("encryption", "RSA-2048", {"key_encipherment"}, [ExtendedKeyUsageOID.EMAIL_PROTECTION]),
        ("encryption", "P-256", {"key_agreement"}, [ExtendedKeyUsageOID.EMAIL_PROTECTION]),
        (
            "card-verification",
            "P-256",
            {"digital_signature"},
            [x509.ObjectIdentifier("2.16.840.1.101.3.6.8")],
        ),
    ],
)
def test_usages(issue: Issue, profile: str, algorithm: str, usages: set[str], purposes: list[Any]) -> None:
    certificate = issue(profile, algorithm)

    assert _usages(certificate) == usages
    assert list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == purposes
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_pointers(issue: Issue, authority: Authority) -> None:
    extensions = issue().extensions
    point = extensions.get_extension_for_class(x509.CRLDistributionPoints).value[0]
    access = list(extensions.get_extension_for_class(x509.AuthorityInformationAccess).value)
    policy = extensions.get_extension_for_class(x509.CertificatePolicies).value[0]
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    issuer_key = authority.chain[0].extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value

    assert [name.value for name in point.full_name or []] == ["http://127.0.0.1:8470/ca/issuing.crl"]
    assert {entry.access_method: entry.access_location.value for entry in access} == {
        AuthorityInformationAccessOID.CA_ISSUERS: "http://127.0.0.1:8470/ca/issuing.cer",
        AuthorityInformationAccessOID.OCSP: "http://127.0.0.1:8470/ocsp",
    }
    assert policy.policy_identifier.dotted_string == "1.3.6.1.4.1.32473.1.1"
    assert names.get_values_for_type(x509.RFC822Name) == ["wang@example.tw"]
    assert (
        extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        == issuer_key.digest
    )


def test_card_verification_names_no_address(issue: Issue) -> None:
    with pytest.raises(x509.ExtensionNotFound):
        issue("card-verification").extensions.get_extension_for_class(x509.SubjectAlternativeName)
    with pytest.raises(ValueError, match="no address"):
        issue("card-verification", email="wang@example.tw")


def test_encodings(issue: Issue) -> None:
    """RFC 5280 section 4.1.2.4: UTF8String, PrintableString for C and serialNumber; 4.1.2.5: UTCTime."""
    body = asn1crypto.x509.Certificate.load(issue().public_bytes(Encoding.DER))["tbs_certificate"]
    kinds = {
        pair["type"].native: getattr(pair["value"], "name", type(pair["value"]).__name__)
        for rdn in body["subject"].chosen
        for pair in rdn
    }

    assert kinds == {
        "country_name": "printable_string",
        "organization_name": "utf8_string",
        "common_name": "utf8_string",
        "serial_number": "printable_string",
        "organizational_unit_name": "utf8_string",
    }
    assert {body["validity"][end].name for end in ("not_before", "not_after")} == {"utc_time"}


def test_other_encodings_and_decomposed_text_are_made_uniform(issue: Issue) -> None:
    foreign = x509.NameAttribute(NameOID.COMMON_NAME, "Ame\u0301lie", x509.name._ASN1Type.BMPString)

    (name,) = issue(subject=x509.Name([foreign])).subject.get_attributes_for_oid(NameOID.COMMON_NAME)

    assert name.value == "Am\u00e9lie"


@pytest.mark.parametrize("mark", ["practice", "real"])
def test_practice_stands_in_every_subject(
    tmp_path: Path, keys: dict[str, Any], subject: x509.Name, mark: str
) -> None:
    authority = _quick(tmp_path / "ca", practice=mark == "practice")
    authority.configure_urls("http://ra.example/")
    leaf = authority.issue(
        "signing", keys["P-256"].public_key(), subject, None, 5, NOW, NOW + timedelta(days=1)
    )

    for certificate in (leaf, *authority.chain):
        assert ("PRACTICE" in certificate.subject.rfc4514_string()) == (mark == "practice")
    assert leaf.subject == authority.certified_subject(subject)


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"not_after": NOW - timedelta(days=1)},
        {"not_before": NOW - timedelta(days=4000)},
        {"not_after": NOW + timedelta(days=9000)},
        {"subject": x509.Name([])},
        {"subject": x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a\u202eb")])},
        {"subject": x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a\x00b")])},
        {"email": "no address"},
        {"email": "王@example.tw"},
        {"email": "a..b@example.tw"},
        {"email": "a@example.tw\n"},
        {"email": "a@" + "b." * 100 + "tw"},
    ],
)
def test_refused(issue: Issue, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        issue(**changes)


def test_ca_keys_are_not_certified(issue: Issue, authority: Authority) -> None:
    for certificate in authority.chain:
        with pytest.raises(ValueError, match="CA key"):
            issue(public_key=certificate.public_key())


def test_weak_key_is_not_certified(issue: Issue) -> None:
    with pytest.raises(WeakKey):
        issue(public_key=rsa.generate_private_key(65537, 1024).public_key())


def test_urls_come_first(tmp_path: Path, keys: dict[str, Any], subject: x509.Name) -> None:
    authority = _quick(tmp_path / "ca")
    with pytest.raises(RuntimeError, match="configure_urls"):
        authority.issue("signing", keys["P-256"].public_key(), subject, None, 5, NOW, NOW + timedelta(days=1))


def test_serials_are_random_positive_and_sixteen_octets(authority: Authority) -> None:
    serials = {authority.new_serial() for _ in range(1000)}

    assert len(serials) == 1000
    assert {serial.bit_length() for serial in serials} == {127}


# --- openssl agrees ---------------------------------------------------------------------------


@pytest.fixture
def files(authority: Authority, issue: Issue, tmp_path: Path) -> Path:
    """root.pem, issuing.pem and good.pem, bad.pem (revoked in list.pem)."""
    good, bad = issue(), issue()
    revoked = [RevokedEntry(bad.serial_number, NOW, "keyCompromise")]
    revocation = x509.load_der_x509_crl(authority.crl(revoked, NOW))
    named = {
        "issuing": authority.chain[0],
        "root": authority.chain[1],
        "good": good,
        "bad": bad,
        "list": revocation,
    }
    for name, thing in named.items():
        (tmp_path / f"{name}.pem").write_bytes(thing.public_bytes(Encoding.PEM))
    return tmp_path


def _openssl_verify(folder: Path, name: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = ["openssl", "verify", "-x509_strict", "-CAfile", "root.pem", "-untrusted", "issuing.pem"]
    return subprocess.run(
        [*command, *options, f"{name}.pem"], cwd=folder, capture_output=True, text=True, check=False
    )


def test_openssl_verifies_the_chain(files: Path) -> None:
    assert _openssl_verify(files, "good").stdout == "good.pem: OK\n"
    assert _openssl_verify(files, "issuing").stdout == "issuing.pem: OK\n"
    assert _openssl_verify(files, "good", "-purpose", "smimesign").returncode == 0
    assert _openssl_verify(files, "good", "-purpose", "sslserver").returncode != 0


def test_openssl_reads_the_list(files: Path) -> None:
    checking = ("-crl_check", "-CRLfile", "list.pem")

    assert _openssl_verify(files, "good", *checking).returncode == 0
    assert "certificate revoked" in _openssl_verify(files, "bad", *checking).stderr


def test_openssl_refuses_a_changed_certificate(files: Path, issue: Issue) -> None:
    der = bytearray(issue().public_bytes(Encoding.DER))
    der[-1] ^= 1
    (files / "changed.pem").write_bytes(x509.load_der_x509_certificate(bytes(der)).public_bytes(Encoding.PEM))

    assert "signature failure" in _openssl_verify(files, "changed").stderr


# --- revocation list --------------------------------------------------------------------------


def test_list_entries(authority: Authority) -> None:
    reasons = ["certificateHold", "unspecified"]
    entries = [RevokedEntry(7 + index, NOW, reason) for index, reason in enumerate(reasons)]
    revocation = x509.load_der_x509_crl(authority.crl(entries, NOW))
    held, unspecified = revocation

    key = authority.chain[0].public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert revocation.is_signature_valid(key)
    assert (revocation.last_update_utc, revocation.next_update_utc) == (NOW, NOW + timedelta(hours=24))
    assert held.extensions.get_extension_for_class(x509.CRLReason).value.reason.value == "certificateHold"
    assert not list(unspecified.extensions)


def test_list_numbers_rise_across_openings(tmp_path: Path) -> None:
    numbers = []
    for _ in range(2):
        authority = _quick(tmp_path / "ca")
        for _ in range(3):
            extensions = x509.load_der_x509_crl(authority.crl([], NOW)).extensions
            numbers.append(extensions.get_extension_for_class(x509.CRLNumber).value.crl_number)

    assert numbers == sorted(set(numbers))


def test_unknown_reason(authority: Authority) -> None:
    with pytest.raises(ValueError):
        authority.crl([RevokedEntry(7, NOW, "boredom")], NOW)
