"""Attestation: the card's own word that a key was generated on it (Yubico, "PIV attestation")."""

from __future__ import annotations

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from cardtool.pcsc.virtual import tlv
from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.piv import keys, slots
from cardtool.pcsc.virtual.piv.applet import Applet
from cardtool.pcsc.virtual.piv.data import ATTESTATION_CERTIFICATE
from cardtool.pcsc.virtual.piv.keys import KeyPair, PinPolicy, TouchPolicy
from cardtool.pcsc.virtual.piv.personality import Algorithm, Extension
from cardtool.pcsc.virtual.piv.state import CardState
from cardtool.pcsc.virtual.piv.vendor import ROOT_NAME, practice_key
from cardtool.pcsc.virtual.status import CONDITIONS_NOT_SATISFIED, WRONG_DATA, Refused

FIRMWARE_VERSION = x509.ObjectIdentifier("1.3.6.1.4.1.41482.3.3")
SERIAL_NUMBER = x509.ObjectIdentifier("1.3.6.1.4.1.41482.3.7")
POLICY = x509.ObjectIdentifier("1.3.6.1.4.1.41482.3.8")

_FROM = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
_UNTIL = dt.datetime(2124, 1, 1, tzinfo=dt.UTC)
_CERTIFICATE, _CERT_INFO, _ERROR_DETECTION = 0x70, 0x71, 0xFE


def make_attestation_key(state: CardState, vendor: ec.EllipticCurvePrivateKey | None = None) -> None:
    """Give a new card its own attestation key in F9, certified by ``vendor``'s root: the practice vendor's, usually."""
    root, device = vendor or practice_key(), ec.generate_private_key(ec.SECP256R1())
    root_name = _name(ROOT_NAME)
    anchor = _builder(root_name, root_name, root.public_key())
    anchor = anchor.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
    state.attestation_root = anchor.sign(root, hashes.SHA256()).public_bytes(Encoding.DER)
    signer = _builder(_name(f"CardTool virtual card {state.serial}"), root_name, device.public_key())
    signer = signer.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    state.objects[ATTESTATION_CERTIFICATE] = _certificate_object(signer.sign(root, hashes.SHA256()))
    state.keys[slots.ATTESTATION] = KeyPair(
        Algorithm.ECC_P256, keys.to_pkcs8(device), PinPolicy.ONCE, TouchPolicy.NEVER, generated=False
    )


def attest(applet: Applet, command: Command) -> bytes:
    """A certificate over the key in slot P1, signed by the key in F9; an imported key gets none."""
    applet.require(Extension.ATTESTATION)
    key = slots.key_in(applet, command.p1)
    if command.p2 != 0x00 or command.p1 == slots.ATTESTATION or not key.generated:
        raise Refused(WRONG_DATA)
    statement = _statement(applet.state, command.p1, key)
    signer = slots.key_in(applet, slots.ATTESTATION).private
    if isinstance(signer, x25519.X25519PrivateKey):
        raise Refused(CONDITIONS_NOT_SATISFIED)
    digest = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return statement.sign(signer, digest).public_bytes(Encoding.DER)


def _statement(state: CardState, slot: int, key: KeyPair) -> x509.CertificateBuilder:
    version = bytes(state.personality.version)
    policies = bytes([key.pin_policy, key.touch_policy or TouchPolicy.NEVER])
    statement = _builder(_name(f"Attestation {slot:02x}"), _issuer(state), key.private.public_key())
    for oid, value in (
        (FIRMWARE_VERSION, version),
        (SERIAL_NUMBER, b"\x02\x04" + state.serial.to_bytes(4, "big")),
        (POLICY, policies),
    ):
        statement = statement.add_extension(x509.UnrecognizedExtension(oid, value), critical=False)
    return statement


def _issuer(state: CardState) -> x509.Name:
    """The subject of the certificate in 5FFF01. Raises Refused(6985) where it is gone or unreadable."""
    try:
        content = tlv.parse_map(state.objects[ATTESTATION_CERTIFICATE])
        return x509.load_der_x509_certificate(content[_CERTIFICATE]).subject
    except (KeyError, ValueError, Refused):
        raise Refused(CONDITIONS_NOT_SATISFIED) from None


def _builder(
    subject: x509.Name, issuer: x509.Name, public: CertificatePublicKeyTypes
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _certificate_object(certificate: x509.Certificate) -> bytes:
    """SP 800-73-5 Part 1 table 12: certificate, CertInfo 00 (not compressed), error detection code."""
    der = certificate.public_bytes(Encoding.DER)
    return tlv.encode(_CERTIFICATE, der) + tlv.encode(_CERT_INFO, b"\0") + tlv.encode(_ERROR_DETECTION, b"")
