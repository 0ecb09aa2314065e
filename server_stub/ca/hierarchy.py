"""A root and an issuing CA, random for every installation, kept in one folder."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ObjectIdentifier
from filelock import FileLock

from server_stub.ca.crl import authority_key_identifier
from server_stub.ca.extensions import Urls, status_extensions
from server_stub.ca.names import PRACTICE_MARK, ca_name
from server_stub.ca.profiles import key_usage
from server_stub.ca.root_list import RootList
from server_stub.ca.signer import Keys, Signer
from server_stub.custody.private_file import sync_folder, write_private

ANY_POLICY: Final = ObjectIdentifier("2.5.29.32.0")
_CA_USAGE: Final = key_usage(frozenset({"key_cert_sign", "crl_sign"}))
_YEAR: Final = timedelta(days=365)
_ROOT_LIFE: Final = 25 * _YEAR
_ISSUING_LIFE: Final = 15 * _YEAR
# Practice needs certificates that expired long ago, below a CA that was valid then.
_PRACTICE_PAST: Final = 6 * _YEAR
_CLOCK_SKEW: Final = timedelta(hours=1)


class AuthorityMismatch(Exception):
    """The folder is incomplete, or holds a practice CA where a real one was asked for (or the reverse)."""


@dataclass(frozen=True)
class Hierarchy:
    """``signer`` is the issuing CA's; the root's key stays where it is."""

    root: x509.Certificate
    issuing: x509.Certificate
    signer: Signer
    root_list: RootList


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a new CA shall be; ``practice`` counts for one that is there, too."""

    name: str = field(kw_only=False)
    practice: bool
    key_algorithm: str
    url: str | None


def new_serial() -> int:
    """Random, always 16 octets and positive (RFC 5280 section 4.1.2.2 allows 20), 126 bits of chance."""
    return secrets.randbits(126) | 1 << 126


def open_hierarchy(folder: Path, plan: Plan, keys: Keys, *, create: bool) -> Hierarchy:
    """What is in ``folder``; with ``create``, made there when the folder does not exist or is empty.

    Several workers may start at once. Raises AuthorityMismatch, PrivateFileExposed.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / f"{folder.name}.lock"):
        if create and (not folder.exists() or not any(folder.iterdir())):
            _create(folder, plan, keys)
    return _load(folder, keys, practice=plan.practice)


def _load(folder: Path, keys: Keys, *, practice: bool) -> Hierarchy:
    try:
        root = x509.load_der_x509_certificate((folder / "root.cer").read_bytes())
        issuing = x509.load_der_x509_certificate((folder / "issuing.cer").read_bytes())
        signer = keys.load(folder, "issuing")
    except FileNotFoundError as error:
        raise AuthorityMismatch("a file of the CA is missing") from error
    if signer.public_key() != issuing.public_key():
        raise AuthorityMismatch("the issuing key is not the certificate's")
    issuing.verify_directly_issued_by(root)
    if (PRACTICE_MARK in issuing.subject.rfc4514_string()) != practice:
        raise AuthorityMismatch("practice and real CAs are kept apart")
    return Hierarchy(root, issuing, signer, RootList(folder, root, keys))


def _create(folder: Path, plan: Plan, keys: Keys) -> None:
    """All of it in a draft folder that is renamed at the end: a half-made CA is never used."""
    draft = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}.draft")
    draft.mkdir(mode=0o700)
    installation = secrets.token_hex(4).upper()
    start = datetime.now(UTC).replace(microsecond=0) - (_PRACTICE_PAST if plan.practice else _CLOCK_SKEW)
    root_signer = keys.create(draft, "root", plan.key_algorithm)
    signer = keys.create(draft, "issuing", plan.key_algorithm)
    root_name = ca_name(plan.name, "Root CA", installation, practice=plan.practice)
    issuing_name = ca_name(plan.name, "Issuing CA", installation, practice=plan.practice)
    root = _certify_root(root_signer, root_name, start)
    builder = _issuing_builder(root, signer, issuing_name, start)
    for extension, critical in status_extensions(Urls.of_root(plan.url.rstrip("/"))) if plan.url else ():
        builder = builder.add_extension(extension, critical=critical)
    issuing = root_signer.sign_certificate(builder)
    write_private(draft / "root.cer", root.public_bytes(Encoding.DER))
    write_private(draft / "issuing.cer", issuing.public_bytes(Encoding.DER))
    if folder.exists():
        folder.rmdir()
    draft.rename(folder)
    sync_folder(folder.parent)


def _ca_builder(subject: x509.Name, signer: Signer, start: datetime, depth: int) -> x509.CertificateBuilder:
    public_key = signer.public_key()
    return (
        x509.CertificateBuilder()
        .serial_number(new_serial())
        .subject_name(subject)
        .public_key(public_key)
        .not_valid_before(start)
        .add_extension(x509.BasicConstraints(ca=True, path_length=depth), critical=True)
        .add_extension(_CA_USAGE, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _certify_root(signer: Signer, subject: x509.Name, start: datetime) -> x509.Certificate:
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return signer.sign_certificate(
        _ca_builder(subject, signer, start, depth=1)
        .issuer_name(subject)
        .not_valid_after(start + _ROOT_LIFE)
        .add_extension(identifier, critical=False)
    )


def _issuing_builder(
    root: x509.Certificate, signer: Signer, subject: x509.Name, start: datetime
) -> x509.CertificateBuilder:
    any_policy = x509.CertificatePolicies([x509.PolicyInformation(ANY_POLICY, None)])
    return (
        _ca_builder(subject, signer, start, depth=0)
        .issuer_name(root.subject)
        .not_valid_after(start + _ISSUING_LIFE)
        .add_extension(authority_key_identifier(root), critical=False)
        .add_extension(any_policy, critical=False)
    )
