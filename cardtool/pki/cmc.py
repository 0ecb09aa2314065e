"""Renewal by CMC (RFC 5272): a Full PKI Request signed by the key of the old certificate, and its answer."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cardtool.errors import (
    CardToolError,
    CertificateRefused,
    NotAllowed,
    OrderConflict,
    RaAnswerMalformed,
    RequestMalformed,
    RequestRefused,
)
from cardtool.pki.certificate import SKEW, ends_in
from cardtool.pki.cmc_types import (
    PKI_DATA,
    PKI_RESPONSE,
    RECIPIENT_NONCE,
    SENDER_NONCE,
    STATUS_INFO_V2,
    TRANSACTION_ID,
    PkiData,
    PkiResponse,
    StatusInfoV2,
    TaggedCertificationRequest,
    TaggedRequest,
)
from cardtool.pki.csr import PrivateKey
from cardtool.pki.match import same_key
from cardtool.pki.signed_data import Opened, open_signed, sign

MOST_BYTES = 256 * 1024
NONCE_LENGTH = 16
TRANSACTION_BITS = 128
REQUEST_PART = 3
# id-kp-cmcCA and id-kp-cmcRA (RFC 6402 section 2.10): who may answer.
RESPONDERS = {x509.ObjectIdentifier(f"1.3.6.1.5.5.7.3.{last}") for last in (27, 28)}
SUCCESS, FAILED = 0, 2
"""CMCStatus, RFC 5272 section 6.1.3; renewals are never pending here."""

BAD_ALG, BAD_IDENTITY, POP_FAILED, NO_KEY_REUSE, TRY_LATER = 0, 7, 9, 10, 12
"""CMCFailInfo, RFC 5272 section 6.1.4."""

REQUEST_FAULTS = {BAD_ALG: "key", POP_FAILED: "signature", NO_KEY_REUSE: "reused"}


@dataclass(frozen=True)
class Renewal:
    """``message``: DER to be sent, good once. The rest is what the answer is compared with."""

    message: bytes
    transaction: int
    nonce: bytes
    request: x509.CertificateSigningRequest


def build_request(csr: str, old: x509.Certificate, old_key: PrivateKey, now: datetime) -> Renewal:
    """Ask with ``csr`` (PEM, of the new key with the old subject) for the successor of ``old``.

    ``old_key`` may be on a card. Raises what its ``sign`` raises, ValueError for a csr that is none.
    """
    request = x509.load_pem_x509_csr(csr.encode("ascii"))
    transaction, nonce = secrets.randbits(TRANSACTION_BITS), secrets.token_bytes(NONCE_LENGTH)
    controls = [
        {"body_part_id": 1, "type": TRANSACTION_ID, "values": [core.Integer(transaction)]},
        {"body_part_id": 2, "type": SENDER_NONCE, "values": [core.OctetString(nonce)]},
    ]
    pkcs10 = core.Any.load(request.public_bytes(Encoding.DER))
    tagged = TaggedCertificationRequest({"body_part_id": REQUEST_PART, "request": pkcs10})
    data = PkiData(
        {"controls": controls, "requests": [TaggedRequest("tcr", tagged)], "cms": [], "other_messages": []}
    )
    return Renewal(sign(data.dump(), PKI_DATA, old, old_key, now), transaction, nonce, request)


def open_response(
    answer: bytes, renewal: Renewal, anchors: Sequence[x509.Certificate], now: datetime
) -> tuple[bytes, list[x509.Certificate]]:
    """The new certificate (DER; ``check_issued`` has still to judge it) and the others sent along.

    Nothing in it is believed, a refusal neither, before its signer is known to be the RA's. Raises
    RaAnswerMalformed, CertificateRefused: malformed (one of them), chain (not the RA's signer), key (none
    of this key), and for a refusal RequestRefused, NotAllowed, OrderConflict: too-early, RequestMalformed.
    """
    if len(answer) > MOST_BYTES:
        raise RaAnswerMalformed
    opened = open_signed(answer, PKI_RESPONSE)
    _check_signer(opened, anchors, now)
    _check_controls(opened.content, renewal)
    wanted = renewal.request.public_key()
    ours = [one for one in opened.certificates if same_key(one.public_key(), wanted)]
    if len(ours) != 1:
        raise CertificateRefused("key")
    return ours[0].public_bytes(Encoding.DER), [one for one in opened.certificates if one != ours[0]]


def _check_signer(opened: Opened, anchors: Sequence[x509.Certificate], now: datetime) -> None:
    """Raises CertificateRefused("chain") unless the signer is a CMC responder of one of the anchors."""
    signer = opened.signer
    moment = max(now, min(signer.not_valid_before_utc, now + SKEW))
    try:
        uses = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        raise CertificateRefused("chain") from None
    if RESPONDERS.isdisjoint(uses) or not ends_in(signer, opened.certificates, anchors, moment):
        raise CertificateRefused("chain")


def _check_controls(content: bytes, renewal: Renewal) -> None:
    """Raises RaAnswerMalformed for an answer to something else, and what a refusal means."""
    try:
        response = PkiResponse.load(content, strict=True)
        transaction = _control(response, TRANSACTION_ID, core.Integer).native
        nonce = _control(response, RECIPIENT_NONCE, core.OctetString).native
        status = _control(response, STATUS_INFO_V2, StatusInfoV2)
        result, why = status["status"].native, status["fail_info"].native
    except (ValueError, TypeError, KeyError):
        raise RaAnswerMalformed from None
    if (transaction, nonce) != (renewal.transaction, renewal.nonce):
        raise RaAnswerMalformed
    if result == FAILED:
        raise _refusal(why)
    if result != SUCCESS:
        raise RaAnswerMalformed


def _control(response: PkiResponse, kind: str, spec: type[core.Asn1Value]) -> core.Asn1Value:
    """The one value of the one control of this kind. Raises ValueError."""
    (control,) = (one for one in response["controls"] if one["type"].dotted == kind)
    (value,) = control["values"]
    return value.parse(spec)


def _refusal(why: int | None) -> CardToolError:
    if why in REQUEST_FAULTS:
        return RequestRefused(REQUEST_FAULTS[why])
    if why == BAD_IDENTITY:
        return NotAllowed()
    return OrderConflict("too-early") if why == TRY_LATER else RequestMalformed("cmc")
