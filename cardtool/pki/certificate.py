"""Certificates: what one says, and whether one that was just issued may be written to a card."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cardtool.errors import CertificateRefused
from cardtool.pki.algorithms import PublicKey, algorithm_name, is_accepted
from cardtool.pki.match import fingerprint, same_key
from cardtool.pki.summary import CertificateSummary

ExtensionKind = TypeVar("ExtensionKind", bound=x509.ExtensionType)

SKEW = timedelta(minutes=5)
"""How far this computer's clock may be behind the CA's (spec 6.3)."""

LONGEST_CHAIN = 6
KEY_USAGES = {
    "digital_signature": "digitalSignature",
    "content_commitment": "nonRepudiation",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}
EXTENDED_USAGES = {
    ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "emailProtection",
    ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth",
    ExtendedKeyUsageOID.CODE_SIGNING: "codeSigning",
    ExtendedKeyUsageOID.SMARTCARD_LOGON: "smartcardLogon",
}


def mark_of(certificate: bytes) -> tuple[int, str]:
    """What tells a DER certificate from all others: serial number and its key's fingerprint, as the RA names it.

    Raises CertificateRefused("malformed").
    """
    parsed = _parse(certificate)
    return parsed.serial_number, fingerprint(parsed.public_key())


def load(certificate: str | bytes) -> bytes:
    """PEM (text or bytes) or DER → DER. Raises CertificateRefused("malformed")."""
    return _parse(certificate).public_bytes(Encoding.DER)


def public_key_of(certificate: bytes) -> PublicKey:
    """Of a DER certificate. Raises CertificateRefused: malformed, or profile (neither RSA nor EC)."""
    key = _parse(certificate).public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise CertificateRefused("profile")
    return key


def describe(certificate: bytes) -> CertificateSummary:
    """Raises CertificateRefused("malformed")."""
    parsed = _parse(certificate)
    number = f"{parsed.serial_number:X}"
    return CertificateSummary(
        subject=parsed.subject.rfc4514_string(),
        holder=_common_name(parsed.subject),
        issuer=_common_name(parsed.issuer),
        serial_hex=number.zfill(len(number) + len(number) % 2),
        serial_decimal=str(parsed.serial_number),
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
        key_algorithm=algorithm_name(parsed.public_key()),
        usages=_usages(parsed),
        sha256=parsed.fingerprint(SHA256()).hex(),
    )


def check_issued(
    certificate: bytes,
    public_key: PublicKey,
    chain: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    now: datetime,
) -> None:
    """Return if ``certificate`` (DER) is for this key, in force, for signing, and ends in one of ``anchors``.

    Raises CertificateRefused with ``reason`` malformed | key | validity | profile | chain (spec 2.6). The
    certificate may begin up to five minutes ahead of ``now``.
    """
    parsed = _parse(certificate)
    if not same_key(parsed.public_key(), public_key):
        raise CertificateRefused("key")
    if not parsed.not_valid_before_utc - SKEW <= now <= parsed.not_valid_after_utc:
        raise CertificateRefused("validity")
    if not _is_for_signing(parsed):
        raise CertificateRefused("profile")
    if not ends_in(parsed, chain, anchors, max(now, parsed.not_valid_before_utc)):
        raise CertificateRefused("chain")


def _parse(certificate: str | bytes) -> x509.Certificate:
    """Extensions and key are read here too, so that a damaged one shows now and not at some later use."""
    raw = certificate.encode("utf-8") if isinstance(certificate, str) else certificate
    load_it = x509.load_pem_x509_certificate if raw.startswith(b"-----") else x509.load_der_x509_certificate
    try:
        parsed = load_it(raw)
        parsed.public_key()
        parsed.subject.rfc4514_string()
        _ = parsed.extensions, parsed.not_valid_after_utc
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion):
        raise CertificateRefused("malformed") from None
    return parsed


def _is_for_signing(certificate: x509.Certificate) -> bool:
    usage = _extension(certificate, x509.KeyUsage)
    constraints = _extension(certificate, x509.BasicConstraints)
    is_authority = constraints is not None and constraints.ca
    signs = usage is not None and usage.digital_signature
    return signs and not is_authority and is_accepted(certificate.public_key())


def ends_in(
    certificate: x509.Certificate,
    chain: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    now: datetime,
) -> bool:
    """Path validation (RFC 5280 section 6) by the library; what the leaf is for, the caller judges."""
    if not anchors:
        return False
    anything = verification.ExtensionPolicy.permit_all()
    verifier = (
        verification.PolicyBuilder()
        .store(verification.Store(list(anchors)))
        .time(now)
        .max_chain_depth(LONGEST_CHAIN)
        .extension_policies(ca_policy=_authority_policy(), ee_policy=anything)
        .build_client_verifier()
    )
    try:
        verifier.verify(certificate, list(chain[:LONGEST_CHAIN]))
    except verification.VerificationError:
        return False
    return True


def _authority_policy() -> verification.ExtensionPolicy:
    """RFC 5280 sections 4.2.1.3 and 4.2.1.9: an issuer says that it is one (cA itself the library checks)."""
    return (
        verification.ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, verification.Criticality.AGNOSTIC, None)
        .may_be_present(x509.KeyUsage, verification.Criticality.AGNOSTIC, _may_sign_certificates)
    )


def _may_sign_certificates(
    _policy: verification.Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None
) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("not for signing certificates")


def _common_name(name: x509.Name) -> str:
    """The common name, else the whole name."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[-1].value) if found else name.rfc4514_string()


def _usages(certificate: x509.Certificate) -> tuple[str, ...]:
    usage = _extension(certificate, x509.KeyUsage)
    extended = _extension(certificate, x509.ExtendedKeyUsage)
    basic = [word for name, word in KEY_USAGES.items() if usage is not None and getattr(usage, name)]
    return (*basic, *(EXTENDED_USAGES.get(oid, oid.dotted_string) for oid in extended or ()))


def _extension(certificate: x509.Certificate, kind: type[ExtensionKind]) -> ExtensionKind | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
