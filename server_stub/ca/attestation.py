"""A card's word that a key was made on it (Yubico, "PIV attestation").

The statement is a certificate over the key, signed by the card's own attestation key. That one's certificate, the
intermediate (slot F9), is signed by the vendor.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asn1crypto import core
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import Certificate, ObjectIdentifier

from server_stub.ca.attestation_roots import is_authority

ATTESTED: Final = "attested"
NOT_PROVEN: Final = "not-proven"
FIRMWARE_VERSION: Final = ObjectIdentifier("1.3.6.1.4.1.41482.3.3")
SERIAL_NUMBER: Final = ObjectIdentifier("1.3.6.1.4.1.41482.3.7")
POLICY: Final = ObjectIdentifier("1.3.6.1.4.1.41482.3.8")
FORM_FACTOR: Final = ObjectIdentifier("1.3.6.1.4.1.41482.3.9")
_MISFITS: Final = (
    ValueError,
    TypeError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
)
"""What reading and comparing foreign certificates raises."""


class RefusedAttestation(Exception):
    """An attestation that does not prove what it was sent to prove."""


@dataclass(frozen=True)
class Attestation:
    """As sent, PEM both. Nothing of it is believed yet."""

    statement: str
    intermediate: str


@dataclass(frozen=True)
class Attested:
    """What a believed statement says beyond the key; None where it does not say.

    ``firmware`` e.g. "5.7.1". ``pin_policy``: 1 never, 2 once, 3 always; ``touch_policy``: 1 never, 2 always,
    3 cached for 15 seconds; ``form_factor`` as Yubico numbers them.
    """

    firmware: str
    serial: int | None
    pin_policy: int
    touch_policy: int
    form_factor: int | None


def verify(
    sent: Attestation, roots: Sequence[Certificate], *, spki: bytes, serial: int | None, now: datetime
) -> Attested:
    """What the card says of the key ``spki`` (DER SubjectPublicKeyInfo), believed because one of ``roots`` vouches.

    ``serial``: the card's, where it is known. Raises RefusedAttestation.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a vendor's certificates are as they are
            return _verify(sent, roots, spki, serial, now)
    except _MISFITS as error:
        raise RefusedAttestation(str(error)) from error


def _verify(
    sent: Attestation, roots: Sequence[Certificate], spki: bytes, serial: int | None, now: datetime
) -> Attested:
    """Raises RefusedAttestation and _MISFITS."""
    statement = x509.load_pem_x509_certificate(sent.statement.encode())
    intermediate = x509.load_pem_x509_certificate(sent.intermediate.encode())
    _require(
        statement.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == spki, "key"
    )
    root = next((root for root in roots if _is_issued_by(intermediate, root)), None)
    _require(root is not None and is_authority(intermediate), "chain")
    statement.verify_directly_issued_by(intermediate)
    for link in (statement, intermediate, root):
        _require(link is not None and _is_valid(link, now), "validity")
    attested = _read(statement)
    _require(serial is None or attested.serial == serial, "serial")
    return attested


def _require(fits: bool, what: str) -> None:
    if not fits:
        raise RefusedAttestation(what)


def _is_issued_by(certificate: Certificate, issuer: Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except _MISFITS:
        return False
    return True


def _is_valid(certificate: Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _read(statement: Certificate) -> Attested:
    """The vendor's extensions. Firmware and policies stand in every statement. Raises ValueError."""
    firmware, policy = _extension(statement, FIRMWARE_VERSION), _extension(statement, POLICY)
    serial, form = _extension(statement, SERIAL_NUMBER), _extension(statement, FORM_FACTOR)
    if firmware is None or policy is None or len(firmware) != 3 or len(policy) != 2:
        raise ValueError("extensions")
    return Attested(
        firmware=".".join(map(str, firmware)),
        serial=core.Integer.load(serial, strict=True).native if serial else None,
        pin_policy=policy[0],
        touch_policy=policy[1],
        form_factor=form[0] if form else None,
    )


def _extension(statement: Certificate, oid: ObjectIdentifier) -> bytes | None:
    try:
        value = statement.extensions.get_extension_for_oid(oid).value
    except x509.ExtensionNotFound:
        return None
    return value.value if isinstance(value, x509.UnrecognizedExtension) else None
