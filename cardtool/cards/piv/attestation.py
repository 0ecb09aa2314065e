"""The card's word that a key was made on it, believed only as far as a vendor's root (Yubico, "PIV attestation").

The statement is a certificate over the key in question, signed by the key in slot F9; the certificate of that
one is in object 5FFF01 and leads to the vendor's root, perhaps by further ones. Vendors' roots are handed in:
which vendors are believed is a decision of whoever personalises cards.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509 import Certificate, ObjectIdentifier

from cardtool.cards.certificates import key_fingerprint, public_key_in
from cardtool.cards.piv.keydata import PublicKey
from cardtool.cards.piv.objects import parse_certificate
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import Slot
from cardtool.cards.piv.yubico import YubicoExtensions
from cardtool.errors import CardNotGenuine
from cardtool.pcsc import tlv

ATTESTATION_CERTIFICATE = 0x5FFF01
FIRMWARE_VERSION = ObjectIdentifier("1.3.6.1.4.1.41482.3.3")
SERIAL_NUMBER = ObjectIdentifier("1.3.6.1.4.1.41482.3.7")
POLICY = ObjectIdentifier("1.3.6.1.4.1.41482.3.8")
_INTEGER = 0x02
_CHAIN_MAX = 4


@dataclass(frozen=True)
class Attested:
    """What the statement says beyond the key; None where it does not say. ``pin_policy`` as yubico.PinPolicy."""

    serial: int | None
    version: tuple[int, ...] | None
    pin_policy: int | None
    touch_policy: int | None


def attest(session: PivSession, extensions: YubicoExtensions, slot: Slot) -> tuple[bytes, bytes]:
    """The statement about the key in ``slot``, and the certificate of its signer (DER both).

    Raises NotSupportedByCard, ObjectNotFound, CardCommandFailed (an imported key gets no statement).
    """
    statement = extensions.attest(slot)
    return statement, parse_certificate(session.get_data(ATTESTATION_CERTIFICATE)) or b""


def verify_attestation(
    statement: bytes,
    signers: Sequence[bytes],
    roots: Sequence[bytes],
    *,
    public_key: PublicKey,
    serial: int | None = None,
) -> Attested:
    """Whether ``public_key`` was made on a card of a vendor in ``roots``, on the one with ``serial`` if given.

    ``signers``: the card's own certificate and what may stand between it and the root (DER, any order). Raises
    CardNotGenuine for everything that does not fit (CardAnswerMalformed: a serial number that is none).
    """
    leaf, attested_key = _load(statement), public_key_in(statement)
    if attested_key is None or key_fingerprint(attested_key) != key_fingerprint(public_key):
        raise CardNotGenuine
    _lead_to_root(leaf, [_load(der) for der in signers], [_load(der) for der in roots])
    attested = _read(leaf)
    if serial is not None and attested.serial != serial:
        raise CardNotGenuine
    return attested


def _load(der: bytes) -> Certificate:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a vendor's certificates are as they are
            return x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion):
        raise CardNotGenuine from None


def _lead_to_root(leaf: Certificate, signers: list[Certificate], roots: list[Certificate]) -> None:
    """Signatures, names and CA marks. Validity is not asked: vendors date these certificates as they like."""
    current = leaf
    for _ in range(_CHAIN_MAX):
        if _issuer_of(current, roots) is not None:
            return
        above = _issuer_of(current, signers)
        if above is None:
            break
        current = above
    raise CardNotGenuine


def _issuer_of(certificate: Certificate, candidates: Iterable[Certificate]) -> Certificate | None:
    return next((one for one in candidates if _is_ca(one) and _is_issued_by(certificate, one)), None)


def _is_issued_by(certificate: Certificate, issuer: Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _is_ca(certificate: Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _read(leaf: Certificate) -> Attested:
    version, policy = _extension(leaf, FIRMWARE_VERSION), _extension(leaf, POLICY)
    number = _extension(leaf, SERIAL_NUMBER)
    return Attested(
        serial=int.from_bytes(tlv.unwrap(_INTEGER, number, "ATTEST"), "big") if number else None,
        version=tuple(version) if version and len(version) == 3 else None,
        pin_policy=policy[0] if policy and len(policy) == 2 else None,
        touch_policy=policy[1] if policy and len(policy) == 2 else None,
    )


def _extension(leaf: Certificate, oid: ObjectIdentifier) -> bytes | None:
    try:
        value = leaf.extensions.get_extension_for_oid(oid).value
    except (x509.ExtensionNotFound, ValueError):
        return None
    return value.value if isinstance(value, x509.UnrecognizedExtension) else None
