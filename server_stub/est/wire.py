"""What travels in EST: base64 of DER, wrapped (RFC 7030 section 4, RFC 8951 section 3.1)."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, encodebytes
from collections.abc import Sequence
from typing import Final

from asn1crypto import algos, core, keys
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates
from starlette.responses import Response

from server_stub.problems import Code, Problem

CERTIFICATES: Final = "application/pkcs7-mime; smime-type=certs-only"
CMC_RESPONSE: Final = "application/pkcs7-mime; smime-type=CMC-response"
ATTRIBUTES: Final = "application/csrattrs"
_PEM_FRAME: Final = re.compile(rb"-----(BEGIN|END) [A-Z ]+-----")
_CURVES: Final = {"P-256": ("secp256r1", "sha256_ecdsa"), "P-384": ("secp384r1", "sha384_ecdsa")}


class _Attribute(core.Sequence):  # type: ignore[misc]
    _fields = [("type", core.ObjectIdentifier), ("values", core.SetOf, {"spec": core.Any})]  # noqa: RUF012


class _AttrOrOid(core.Choice):  # type: ignore[misc]
    _alternatives = [("oid", core.ObjectIdentifier), ("attribute", _Attribute)]  # noqa: RUF012


class _CsrAttrs(core.SequenceOf):  # type: ignore[misc]
    """RFC 7030 section 4.5.2."""

    _child_spec = _AttrOrOid


def decode(body: bytes) -> bytes:
    """DER from base64, wrapped or not; PEM's frame, which some clients send, is dropped.

    Raises Problem MALFORMED.
    """
    try:
        return b64decode(b"".join(_PEM_FRAME.sub(b"", body).split()), validate=True)
    except binascii.Error as error:
        raise Problem(Code.MALFORMED, field="body") from error


def as_pem_request(der: bytes) -> str:
    text = encodebytes(der).decode()
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{text}-----END CERTIFICATE REQUEST-----\n"


def respond(der: bytes, media_type: str, status: int = 200) -> Response:
    """Lines of 76 columns. Old clients want the header that RFC 8951 made needless."""
    return Response(encodebytes(der), status, {"Content-Transfer-Encoding": "base64"}, media_type)


def certificates(chain: Sequence[x509.Certificate]) -> Response:
    """A "certs-only" CMS structure (RFC 5272 section 4.1)."""
    return respond(serialize_certificates(list(chain), Encoding.DER), CERTIFICATES)


def attributes(key_algorithm: str) -> bytes:
    """What a request must look like: the kind of key, and how to sign."""
    if key_algorithm in _CURVES:
        curve, signature = _CURVES[key_algorithm]
        key, value = "ec", core.ObjectIdentifier(keys.NamedCurve.unmap(curve))
    else:
        size = int(key_algorithm.removeprefix("RSA-"))
        key, value, signature = "rsa", core.Integer(size), "sha256_rsa"
    wanted = _Attribute({"type": keys.PublicKeyAlgorithmId.unmap(key), "values": [value]})
    signed = core.ObjectIdentifier(algos.SignedDigestAlgorithmId.unmap(signature))
    der: bytes = _CsrAttrs([_AttrOrOid("attribute", wanted), _AttrOrOid("oid", signed)]).dump()
    return der


def has_same_names(request_der: bytes, certificate: x509.Certificate) -> bool:
    """RFC 7030 section 4.2.2: the subject is the same as before, and so are the other names, where given.

    A request that cannot be read is left to the check of requests.
    """
    try:
        request = x509.load_der_x509_csr(request_der)
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return request.subject == certificate.subject
    except ValueError:
        return True
    own = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return request.subject == certificate.subject and names == own
