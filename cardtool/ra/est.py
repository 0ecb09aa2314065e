"""Enrolment over Secure Transport (RFC 7030, RFC 8951): the client's half, for any CA's server.

A key on a card enrols and renews here by HTTP authentication, at our own RA it renews by ``full_cmc``. TLS of
its own with the old key (mutual TLS) is for keys in files only: a server that wants it for a card's key answers
NotAllowed, and no other key is ever put in the card key's place.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from cardtool.errors import (
    ArgumentInvalid,
    CertificateRefused,
    NotAllowed,
    NotFoundAtRa,
    RaAnswerMalformed,
    RaBusy,
    RaError,
    RequestRefused,
    WrongSitePassword,
)
from cardtool.pki.cmc import Renewal, open_response
from cardtool.pki.match import same_key
from cardtool.ra.address import RaAddress
from cardtool.ra.est_auth import Credentials, authorisation
from cardtool.ra.est_http import EstAnswer, EstCall, EstHttp, UnprovenAdapter
from cardtool.ra.est_messages import CsrAttributes, decode_base64, read_certificates, read_csr_attributes
from cardtool.ra.http import Limits
from cardtool.ra.lines import TrustingAdapter
from cardtool.ra.members import Members, parse_json
from cardtool.ra.problems import error_of_answer, seconds_to_wait

WELL_KNOWN = "/.well-known/est"
OPERATIONS = ("cacerts", "simpleenroll", "simplereenroll", "fullcmc", "serverkeygen", "csrattrs")
PKCS7 = "application/pkcs7-mime"
PKCS10 = "application/pkcs10"
CSR_ATTRS = "application/csrattrs"
CMC_REQUEST = f"{PKCS7}; smime-type=CMC-request"
PROBLEM = "application/problem+json"
LIMITS = Limits(size=256 * 1024)


@dataclass(frozen=True)
class Issued:
    """``certificate``: DER, of the key that was asked for; whether to believe it, ``check_issued`` says.

    ``others``: certificates that were sent along.
    """

    certificate: bytes
    others: tuple[x509.Certificate, ...]


@dataclass(frozen=True)
class Pending:
    """Somebody has to approve it first: ask again with the same request after ``retry_after`` seconds."""

    retry_after: int


class EstClient:
    """One EST server. One thread at a time; ``close`` from any. Every method raises R-errors."""

    def __init__(
        self,
        base_url: str,
        label: str = "",
        *,
        anchors: str = "",
        proxies: Mapping[str, str] | None = None,
        limits: Limits = LIMITS,
        adapter: type[TrustingAdapter] = TrustingAdapter,
    ) -> None:
        """``base_url``: https only. ``label``: which of the server's CAs (RFC 7030 section 3.2.2).

        ``anchors``: PEM, trusted besides the system's. Raises ArgumentInvalid.
        """
        address = RaAddress.parse(base_url)
        if address.scheme != "https":
            raise ArgumentInvalid("ra")
        if label in OPERATIONS or "/" in label or label.strip(".") != label:
            raise ArgumentInvalid("label")
        self._path = f"{WELL_KNOWN}/{quote(label, safe='')}" if label else WELL_KNOWN
        self._http = EstHttp(address, anchors=anchors, proxies=proxies, limits=limits, adapter=adapter)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def ca_certificates(self) -> tuple[x509.Certificate, ...]:
        """The CA's certificates, as the server that TLS has proven gives them (section 4.1)."""
        answer = self._http.ask(self._get("cacerts", PKCS7))
        return read_certificates(_content(answer, PKCS7))

    def csr_attributes(self) -> CsrAttributes:
        """What the server wants of requests; nothing where it does not say (section 4.5.2)."""
        answer = self._http.ask(self._get("csrattrs", CSR_ATTRS))
        if answer.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND):
            return CsrAttributes()
        return read_csr_attributes(_content(answer, CSR_ATTRS))

    def enrol(self, csr: str, credentials: Credentials) -> Issued | Pending:
        """Ask with ``csr`` (PEM) for a first certificate (section 4.2.1).

        Raises WrongSitePassword, NotAllowed, RequestRefused, CertificateRefused("key"): none of this key.
        """
        return self._enrol("simpleenroll", csr, credentials)

    def reenrol(self, csr: str, credentials: Credentials) -> Issued | Pending:
        """As ``enrol``, for the successor; ``csr`` has the old subject and alternative names (section 4.2.2)."""
        return self._enrol("simplereenroll", csr, credentials)

    def full_cmc(self, renewal: Renewal, anchors: Sequence[x509.Certificate], now: datetime) -> Issued:
        """Ask by CMC (section 4.3); the answer is believed only from the CA's signer below ``anchors``.

        Raises as ``open_response``.
        """
        answer = self._http.ask(self._post("fullcmc", CMC_REQUEST, renewal.message))
        # A refusal is a signed message as well, and its status says nothing that could be believed.
        der = decode_base64(answer.content) if answer.kind == PKCS7 else _content(answer, PKCS7)
        certificate, others = open_response(der, renewal, anchors, now)
        return Issued(certificate, tuple(others))

    def _enrol(self, operation: str, csr: str, credentials: Credentials) -> Issued | Pending:
        request = x509.load_pem_x509_csr(csr.encode("ascii"))
        answer = self._authenticated(
            self._post(operation, PKCS10, request.public_bytes(Encoding.DER)), credentials
        )
        if answer.status == HTTPStatus.ACCEPTED:
            return Pending(seconds_to_wait(answer.headers.get("Retry-After")))
        certificates = read_certificates(_content(answer, PKCS7))
        ours = [one for one in certificates if same_key(one.public_key(), request.public_key())]
        if len(ours) != 1:
            raise CertificateRefused("key")
        others = tuple(one for one in certificates if one != ours[0])
        return Issued(ours[0].public_bytes(Encoding.DER), others)

    def _authenticated(self, call: EstCall, credentials: Credentials) -> EstAnswer:
        """The password is sent once, and only to a server that TLS has proven and that asks for it."""
        first = self._http.ask(call)
        if first.status != HTTPStatus.UNAUTHORIZED:
            return first
        auth = authorisation(first.headers.get("WWW-Authenticate", ""), credentials)
        second = self._http.ask(replace(call, auth=auth))
        if second.status == HTTPStatus.UNAUTHORIZED and second.kind != PROBLEM:
            raise WrongSitePassword(None)
        return second

    def _get(self, operation: str, accept: str) -> EstCall:
        return EstCall("GET", f"{self._path}/{operation}", accept=accept)

    def _post(self, operation: str, kind: str, content: bytes) -> EstCall:
        path = f"{self._path}/{operation}"
        return EstCall("POST", path, repeatable=False, accept=PKCS7, kind=kind, content=content)


def bootstrap(
    base_url: str,
    label: str,
    fingerprint: str,
    *,
    proxies: Mapping[str, str] | None = None,
    limits: Limits = LIMITS,
) -> x509.Certificate:
    """The CA certificate whose SHA-256 is ``fingerprint`` (hexadecimal, colons allowed), from a server that is
    not trusted yet (RFC 7030 section 4.1.1). Nothing but the question is sent; nothing else is believed.

    Raises ArgumentInvalid, CertificateRefused("chain") where the server has no such certificate.
    """
    try:
        wanted = bytes.fromhex(fingerprint.replace(":", ""))
    except ValueError:
        raise ArgumentInvalid("fingerprint") from None
    if len(wanted) != SHA256.digest_size:
        raise ArgumentInvalid("fingerprint")
    with EstClient(base_url, label, proxies=proxies, limits=limits, adapter=UnprovenAdapter) as client:
        for certificate in client.ca_certificates():
            if hmac.compare_digest(certificate.fingerprint(SHA256()), wanted):
                return certificate
    raise CertificateRefused("chain")


def _content(answer: EstAnswer, kind: str) -> bytes:
    """DER of the answer wanted. Raises what any other answer means."""
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise _refusal(answer)
    if answer.status != HTTPStatus.OK or answer.kind != kind:
        raise RaAnswerMalformed
    return decode_base64(answer.content)


def _refusal(answer: EstAnswer) -> RaError:
    """Our RA's problem documents are understood; another server's text is for nobody (section 4.2.3)."""
    wait = answer.headers.get("Retry-After")
    if answer.kind == PROBLEM:
        return error_of_answer(answer.status, Members(parse_json(answer.content)), wait)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return RaBusy(seconds_to_wait(wait))
    if answer.status == HTTPStatus.NOT_FOUND:
        return NotFoundAtRa()
    return RequestRefused() if answer.status == HTTPStatus.BAD_REQUEST else NotAllowed()
