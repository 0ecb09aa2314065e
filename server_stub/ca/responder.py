"""Answers about certificates (OCSP, RFC 6960), one question per request as in RFC 5019 section 2.1.1.

With a nonce (RFC 9654) an answer is signed for that request alone. Without one, an answer is kept and given
again while it is young and the certificate's standing has not changed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, TypeAlias

from asn1crypto.keys import PublicKeyInfo
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from server_stub.ca.delegate import Delegate

_LIFETIME: Final = timedelta(hours=1)
_KEPT: Final = timedelta(minutes=30)
_MOST_KEPT: Final = 20_000
_LONGEST_NONCE: Final = 128  # RFC 9654 section 2.1
_HASHES: Final = (hashes.SHA1, hashes.SHA256, hashes.SHA384, hashes.SHA512)


@dataclass(frozen=True)
class Standing:
    """What is known of a certificate; ``reason`` in the words of RFC 5280. Revoked exactly when ``since`` is set."""

    since: datetime | None = None
    reason: str | None = None


LookUp: TypeAlias = Callable[[int], Standing | None]
"""Serial number → standing; None for a number that no certificate has."""
_Key: TypeAlias = tuple[str, int, Standing | None]


class Responder:
    """Speaks for one issuing CA. Safe to share between threads."""

    def __init__(self, delegate: Delegate, issuer: x509.Certificate) -> None:
        self._delegate = delegate
        self._issuer = issuer
        self._identities = {algorithm.name: _identity(issuer, algorithm()) for algorithm in _HASHES}
        self._kept: OrderedDict[_Key, tuple[datetime, bytes]] = OrderedDict()
        self._lock = Lock()

    def identity(self, algorithm: hashes.HashAlgorithm) -> tuple[bytes, bytes]:
        """The hashes of name and key by which a request names our issuer. Raises KeyError for a rare algorithm."""
        return self._identities[algorithm.name]

    def answer(self, request: bytes, look_up: LookUp, now: datetime) -> bytes:
        """An OCSPResponse in DER, whatever was asked."""
        try:
            question = ocsp.load_der_ocsp_request(request)
            serial, nonce = question.serial_number, _nonce(question)
            is_ours = self._is_ours(question)
        except (ValueError, TypeError, NotImplementedError, UnsupportedAlgorithm):
            return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        if not is_ours:  # RFC 5019 section 2.2.3: not capable of answering authoritatively
            return _unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        standing = look_up(serial)
        if nonce is not None:
            return self._sign(question, standing, now, nonce)
        return self._kept_or_signed(question, standing, now)

    def _is_ours(self, question: ocsp.OCSPRequest) -> bool:
        named = question.issuer_name_hash, question.issuer_key_hash
        return self._identities.get(question.hash_algorithm.name) == named

    def _kept_or_signed(self, question: ocsp.OCSPRequest, standing: Standing | None, now: datetime) -> bytes:
        key = question.hash_algorithm.name, question.serial_number, standing
        signed_at, answer = self._kept.get(key, (now, b""))
        if not answer or not timedelta(0) <= now - signed_at < _KEPT:
            answer = self._sign(question, standing, now, None)
            self._keep(key, now, answer)
        return answer

    def _keep(self, key: _Key, now: datetime, answer: bytes) -> None:
        with self._lock:
            self._kept[key] = now, answer
            self._kept.move_to_end(key)
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)

    def _sign(
        self,
        question: ocsp.OCSPRequest,
        standing: Standing | None,
        now: datetime,
        nonce: x509.OCSPNonce | None,
    ) -> bytes:
        credential = self._delegate.at(now)
        status, since, reason = _status(standing)
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                question.issuer_name_hash,
                question.issuer_key_hash,
                question.serial_number,
                question.hash_algorithm,
                status,
                now,
                now + _LIFETIME,
                since,
                reason,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, credential.certificate)
            .certificates([credential.certificate])
        )
        if nonce is not None:
            builder = builder.add_extension(nonce, critical=False)
        return builder.sign(credential.key, credential.hash).public_bytes(Encoding.DER)


def _status(
    standing: Standing | None,
) -> tuple[ocsp.OCSPCertStatus, datetime | None, x509.ReasonFlags | None]:
    if standing is None:
        return ocsp.OCSPCertStatus.UNKNOWN, None, None
    if standing.since is None:
        return ocsp.OCSPCertStatus.GOOD, None, None
    reason = x509.ReasonFlags(standing.reason)
    told = None if reason is x509.ReasonFlags.unspecified else reason
    return ocsp.OCSPCertStatus.REVOKED, standing.since, told


def _identity(issuer: x509.Certificate, algorithm: hashes.HashAlgorithm) -> tuple[bytes, bytes]:
    """The hashes by which a request names the issuer (RFC 6960 section 4.1.1)."""
    public_key = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return _hash(algorithm, issuer.subject.public_bytes()), _hash(algorithm, _key_bits(public_key))


def _key_bits(spki: bytes) -> bytes:
    """The BIT STRING's content of a SubjectPublicKeyInfo, without its count of unused bits."""
    contents: bytes = PublicKeyInfo.load(spki)["public_key"].contents
    return contents[1:]


def _hash(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(data)
    return digest.finalize()


def _nonce(question: ocsp.OCSPRequest) -> x509.OCSPNonce | None:
    """Raises ValueError for one of a length that RFC 9654 does not know."""
    for extension in question.extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            if not 1 <= len(extension.value.nonce) <= _LONGEST_NONCE:
                raise ValueError("nonce")
            return extension.value
    return None


def _unsuccessful(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
