"""What EST answers hold: certificates (certs-only CMS, RFC 7030 section 4.1.3) and CSR attributes (4.5.2)."""

from __future__ import annotations

import binascii
from base64 import b64decode
from dataclasses import dataclass

from asn1crypto import cms, core, keys
from cryptography import x509

from cardtool.errors import RaAnswerMalformed
from cardtool.pki.algorithms import CURVES
from cardtool.pki.certificate import load

MOST_CERTIFICATES = 32
RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
EC_PUBLIC_KEY = "1.2.840.10045.2.1"
CHALLENGE_PASSWORD = "1.2.840.113549.1.9.7"  # noqa: S105  # the attribute's object identifier


class _Attribute(core.Sequence):  # type: ignore[misc]
    _fields = [("type", core.ObjectIdentifier), ("values", core.SetOf, {"spec": core.Any})]  # noqa: RUF012


class _AttrOrOid(core.Choice):  # type: ignore[misc]
    _alternatives = [("oid", core.ObjectIdentifier), ("attribute", _Attribute)]  # noqa: RUF012


class _CsrAttrs(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _AttrOrOid


@dataclass(frozen=True)
class CsrAttributes:
    """What the server wants of a request. ``oids``: all that it names, dotted.

    ``key_algorithm``: ``RSA-2048``, ``P-256`` …, empty where it names none. ``wants_channel``: the request must
    carry a value of its TLS connection (RFC 7030 section 3.5), which TLS 1.3 no longer has.
    """

    oids: tuple[str, ...] = ()
    key_algorithm: str = ""

    @property
    def wants_channel(self) -> bool:
        return CHALLENGE_PASSWORD in self.oids


def decode_base64(content: bytes) -> bytes:
    """RFC 8951 section 3.1: base64 with any white space. Raises RaAnswerMalformed."""
    try:
        return b64decode(b"".join(content.split()), validate=True)
    except (binascii.Error, ValueError):
        pass  # raised below, without the answer in its context
    raise RaAnswerMalformed


def read_certificates(der: bytes) -> tuple[x509.Certificate, ...]:
    """Of a SignedData without signers, in its order, at least one.

    Raises RaAnswerMalformed; CertificateRefused: malformed, for any one of them.
    """
    try:
        info = cms.ContentInfo.load(der, strict=True)
        if info["content_type"].native != "signed_data":
            raise RaAnswerMalformed
        found = [one.chosen.dump() for one in info["content"]["certificates"] if one.name == "certificate"]
    except (ValueError, TypeError, KeyError):
        raise RaAnswerMalformed from None
    if not 0 < len(found) <= MOST_CERTIFICATES:
        raise RaAnswerMalformed
    return tuple(x509.load_der_x509_certificate(load(one)) for one in found)


def read_csr_attributes(der: bytes) -> CsrAttributes:
    """Raises RaAnswerMalformed."""
    try:
        rows = [one.chosen for one in _CsrAttrs.load(der, strict=True)]
        oids = tuple(row["type"].dotted if isinstance(row, _Attribute) else row.dotted for row in rows)
        wanted = [name for row in rows if isinstance(row, _Attribute) for name in _key_algorithms(row)]
    except (ValueError, TypeError, KeyError):
        raise RaAnswerMalformed from None
    return CsrAttributes(oids, wanted[0] if wanted else "")


def _key_algorithms(attribute: _Attribute) -> list[str]:
    """RFC 7030 section 4.5.2: the kind of key, with its size or curve as the value. Raises ValueError."""
    kind = attribute["type"].dotted
    if kind == RSA_ENCRYPTION:
        return [f"RSA-{value.parse(core.Integer).native}" for value in attribute["values"]]
    if kind == EC_PUBLIC_KEY:
        curves = [value.parse(keys.NamedCurve).native for value in attribute["values"]]
        return [CURVES.get(curve, curve) for curve in curves]
    return []
