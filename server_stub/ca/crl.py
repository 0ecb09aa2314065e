"""Certificate revocation lists (RFC 5280 section 5)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from server_stub.ca.signer import Signer

LIFETIME: Final = timedelta(hours=24)
_KEPT: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class RevokedEntry:
    """``reason`` as RFC 5280 section 5.3.1 names it: keyCompromise, certificateHold, unspecified…"""

    serial: int
    when: datetime
    reason: str


class CrlNumbers:
    """Numbers that only rise, also between workers and after a restart: the real clock in microseconds.

    The RA's own clock is not used because practice mode moves it.
    """

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def next(self) -> int:
        with self._lock:
            self._last = max(self._last + 1, time.time_ns() // 1000)
            return self._last


class KeptList:
    """The last list, given again while nothing has changed. Safe to share between threads."""

    def __init__(self) -> None:
        self._version: str | None = None
        self._signed_at = datetime.min.replace(tzinfo=UTC)
        self._der = b""
        self._lock = threading.Lock()

    def get(self, version: str, now: datetime, make: Callable[[], bytes]) -> bytes:
        """The list of ``version``; made when it is another one than before, or older than ten minutes."""
        with self._lock:
            if self._version != version or not timedelta(0) <= now - self._signed_at < _KEPT:
                self._der = make()
                self._version, self._signed_at = version, now
            return self._der


def build_crl(
    issuer: x509.Certificate,
    signer: Signer,
    entries: Iterable[RevokedEntry],
    *,
    number: int,
    now: datetime,
    lifetime: timedelta = LIFETIME,
) -> bytes:
    """A complete list in DER, good for ``lifetime``. Raises ValueError for an unknown reason."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(now)
        .next_update(now + lifetime)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(authority_key_identifier(issuer), critical=False)
    )
    for entry in entries:
        builder = builder.add_revoked_certificate(_revoked(entry))
    return signer.sign_crl(builder).public_bytes(Encoding.DER)


def authority_key_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """The keyIdentifier that equals the issuer's own subjectKeyIdentifier."""
    subject_key = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject_key)


def _revoked(entry: RevokedEntry) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(entry.serial).revocation_date(entry.when)
    reason = x509.ReasonFlags(entry.reason)
    if reason is not x509.ReasonFlags.unspecified:  # RFC 5280 section 5.3.1: rather absent than unspecified
        builder = builder.add_extension(x509.CRLReason(reason), critical=False)
    return builder.build()
