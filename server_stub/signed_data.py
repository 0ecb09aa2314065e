"""CMS SignedData (RFC 5652) with one signer and signed attributes: opened and made."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding

from server_stub.ca.delegate import Credential

_HASHES: Final[Mapping[str, Callable[[], hashes.HashAlgorithm]]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_SET: Final = b"\x31"


class BadSignedData(Exception):
    """Not a SignedData of one signer, or its signature does not fit. Nothing in it may be believed."""


@dataclass(frozen=True)
class Opened:
    """``content``: what was signed; ``signer``: the certificate whose key signed it, otherwise unchecked.

    ``digest``: the hash it was signed with, sha256, sha384 or sha512.
    """

    content: bytes
    signer: x509.Certificate
    digest: str


def open_signed(der: bytes, content_type: str) -> Opened:
    """Raises BadSignedData."""
    try:
        signed = cms.ContentInfo.load(der, strict=True)["content"]
        if not isinstance(signed, cms.SignedData):
            raise BadSignedData
        encapsulated = signed["encap_content_info"]
        if encapsulated["content_type"].dotted != content_type or len(signed["signer_infos"]) != 1:
            raise BadSignedData
        content = bytes(encapsulated["content"])
        info = signed["signer_infos"][0]
        signer = _certificate(signed, info["sid"])
        _check(info, signer, content, content_type)
    except (ValueError, TypeError, KeyError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise BadSignedData from error
    return Opened(content, signer, info["digest_algorithm"]["algorithm"].native)


def _certificate(signed: cms.SignedData, sid: cms.SignerIdentifier) -> x509.Certificate:
    """The one among the certificates sent along that the signer names."""
    for choice in signed["certificates"]:
        candidate = choice.chosen
        if not isinstance(candidate, asn1_x509.Certificate):
            continue
        if sid.name == "subject_key_identifier":
            fits = candidate.key_identifier == sid.chosen.native
        else:
            named = sid.chosen
            fits = (candidate.issuer, candidate.serial_number) == (
                named["issuer"],
                named["serial_number"].native,
            )
        if fits:
            return x509.load_der_x509_certificate(candidate.dump())
    raise BadSignedData


def _check(info: cms.SignerInfo, signer: x509.Certificate, content: bytes, content_type: str) -> None:
    """RFC 5652 section 5.4: the attributes name content and digest, and the signature is over the attributes."""
    algorithm = info["digest_algorithm"]["algorithm"].native
    told = {attribute["type"].dotted: attribute["values"] for attribute in info["signed_attrs"]}
    if len(told) != len(info["signed_attrs"]):
        raise BadSignedData
    digest = hashlib.new(algorithm, content).digest() if algorithm in _HASHES else b""
    (told_type,) = told[cms.CMSAttributeType.unmap("content_type")]
    (told_digest,) = told[cms.CMSAttributeType.unmap("message_digest")]
    if told_type.dotted != content_type or not hmac.compare_digest(told_digest.native, digest):
        raise BadSignedData
    attributes = _SET + info["signed_attrs"].dump()[1:]
    _verify(signer.public_key(), info, attributes, _HASHES[algorithm]())


def _verify(key: object, info: cms.SignerInfo, data: bytes, algorithm: hashes.HashAlgorithm) -> None:
    signature, kind = info["signature"].native, info["signature_algorithm"]
    if isinstance(key, rsa.RSAPublicKey) and kind.signature_algo == "rsassa_pkcs1v15":
        key.verify(signature, data, PKCS1v15(), algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey) and kind.signature_algo == "ecdsa":
        key.verify(signature, data, ec.ECDSA(algorithm))
    else:
        raise BadSignedData


def make_signed(
    content: bytes, content_type: str, credential: Credential, also: Sequence[x509.Certificate], now: datetime
) -> bytes:
    """DER of a SignedData, with the signer's certificate and ``also`` in it."""
    certificates = [_asn1(one) for one in (credential.certificate, *also)]
    digest_name = credential.hash.name
    signed = {
        "version": "v3",
        "digest_algorithms": [{"algorithm": digest_name}],
        "encap_content_info": {"content_type": content_type, "content": content},
        "certificates": certificates,
        "signer_infos": [
            _signer_info(credential, certificates[0], _attributes(content, content_type, digest_name, now))
        ],
    }
    der: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
    return der


def _attributes(content: bytes, content_type: str, digest_name: str, now: datetime) -> cms.CMSAttributes:
    digest = hashlib.new(digest_name, content).digest()
    values: dict[str, core.Asn1Value] = {
        "content_type": cms.ContentType(content_type),
        "message_digest": core.OctetString(digest),
        "signing_time": cms.Time({"utc_time": now}),
    }
    return cms.CMSAttributes([{"type": name, "values": [value]} for name, value in values.items()])


def _signer_info(
    credential: Credential, signer: asn1_x509.Certificate, attributes: cms.CMSAttributes
) -> dict[str, Any]:
    digest_name = credential.hash.name
    key = "rsa" if isinstance(credential.key, rsa.RSAPrivateKey) else "ecdsa"
    named = {"issuer": signer.issuer, "serial_number": signer.serial_number}
    return {
        "version": "v1",
        "sid": {"issuer_and_serial_number": named},
        "digest_algorithm": {"algorithm": digest_name},
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": f"{digest_name}_{key}"},
        "signature": _sign(credential, attributes.dump()),
    }


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _sign(credential: Credential, data: bytes) -> bytes:
    if isinstance(credential.key, rsa.RSAPrivateKey):
        return credential.key.sign(data, PKCS1v15(), credential.hash)
    return credential.key.sign(data, ec.ECDSA(credential.hash))
