"""CMS SignedData (RFC 5652) of one signer with signed attributes: made by a card's key, and opened."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from cardtool.errors import RaAnswerMalformed
from cardtool.pki.certificate import load
from cardtool.pki.csr import PrivateKey

HASHES: dict[str, type[HashAlgorithm]] = {"sha256": SHA256, "sha384": SHA384, "sha512": SHA512}
SET_TAG = b"\x31"


@dataclass(frozen=True)
class Opened:
    """``signer``: whose key signed ``content``; whether it may is for the caller to judge."""

    content: bytes
    signer: x509.Certificate
    certificates: tuple[x509.Certificate, ...]


def sign(
    content: bytes, content_type: str, certificate: x509.Certificate, key: PrivateKey, now: datetime
) -> bytes:
    """DER of a ContentInfo with the signer's certificate in it. Raises what the key's ``sign`` raises."""
    signer = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    attributes = _attributes(content, content_type, now)
    signed = {
        "version": "v3",
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": {"content_type": content_type, "content": content},
        "certificates": [signer],
        "signer_infos": [_signer_info(signer, attributes, key)],
    }
    der: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
    return der


def open_signed(der: bytes, content_type: str) -> Opened:
    """Raises RaAnswerMalformed: not a SignedData of one signer, or the signature does not fit;
    CertificateRefused: malformed, for any certificate in it.
    """
    try:
        signed = cms.ContentInfo.load(der, strict=True)["content"]
        (info,) = signed["signer_infos"]
        content = bytes(signed["encap_content_info"]["content"])
        if signed["encap_content_info"]["content_type"].dotted != content_type:
            raise RaAnswerMalformed
        certificates = [one.chosen for one in signed["certificates"] if one.name == "certificate"]
        signer = _load(next(one for one in certificates if _is_named(one, info["sid"])))
        _check(info, signer, content, content_type)
        return Opened(content, signer, tuple(map(_load, certificates)))
    except (ValueError, TypeError, KeyError, StopIteration, UnsupportedAlgorithm, InvalidSignature):
        raise RaAnswerMalformed from None


def _attributes(content: bytes, content_type: str, now: datetime) -> cms.CMSAttributes:
    values = {
        "content_type": cms.ContentType(content_type),
        "message_digest": core.OctetString(hashlib.sha256(content).digest()),
        "signing_time": cms.Time({"utc_time": now.replace(microsecond=0)}),
    }
    return cms.CMSAttributes([{"type": name, "values": [value]} for name, value in values.items()])


def _signer_info(
    signer: asn1_x509.Certificate, attributes: cms.CMSAttributes, key: PrivateKey
) -> dict[str, object]:
    is_rsa = isinstance(key, rsa.RSAPrivateKey)
    name = {"issuer": signer.issuer, "serial_number": signer.serial_number}
    return {
        "version": "v1",
        "sid": {"issuer_and_serial_number": name},
        "digest_algorithm": {"algorithm": "sha256"},
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": "sha256_rsa" if is_rsa else "sha256_ecdsa"},
        "signature": _signature(key, attributes.dump()),
    }


def _signature(key: PrivateKey, data: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, PKCS1v15(), SHA256())
    return key.sign(data, ec.ECDSA(SHA256()))


def _is_named(certificate: asn1_x509.Certificate, sid: cms.SignerIdentifier) -> bool:
    if sid.name == "subject_key_identifier":
        return bool(certificate.key_identifier == sid.chosen.native)
    name = sid.chosen
    has_number = certificate.serial_number == name["serial_number"].native
    return bool(has_number and certificate.issuer == name["issuer"])


def _check(info: cms.SignerInfo, signer: x509.Certificate, content: bytes, content_type: str) -> None:
    """RFC 5652 section 5.4: attributes name type and digest of the content, the signature covers them."""
    algorithm = info["digest_algorithm"]["algorithm"].native
    hash_algorithm = HASHES[algorithm]()
    (told_type,) = _attribute(info, "content_type")
    (told_digest,) = _attribute(info, "message_digest")
    digest = hashlib.new(algorithm, content).digest()
    if told_type.dotted != content_type or not hmac.compare_digest(told_digest.native, digest):
        raise RaAnswerMalformed
    data, signature = SET_TAG + info["signed_attrs"].dump()[1:], info["signature"].native
    kind, key = info["signature_algorithm"].signature_algo, signer.public_key()
    if isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pkcs1v15":
        key.verify(signature, data, PKCS1v15(), hash_algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey) and kind == "ecdsa":
        key.verify(signature, data, ec.ECDSA(hash_algorithm))
    else:
        raise RaAnswerMalformed


def _attribute(info: cms.SignerInfo, name: str) -> core.SetOf:
    """Exactly once (RFC 5652 section 11). Raises ValueError."""
    (found,) = (one["values"] for one in info["signed_attrs"] if one["type"].native == name)
    return found


def _load(certificate: asn1_x509.Certificate) -> x509.Certificate:
    """All of it is read: what is sent along is not covered by the signature. Raises CertificateRefused."""
    return x509.load_der_x509_certificate(load(certificate.dump()))
