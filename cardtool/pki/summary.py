"""What a certificate says, as data: read by ``pki.certificate``, shown where nothing is parsed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class CertificateSummary:
    """What a person is shown. Names in RFC 4514 text, times aware (UTC), usages in RFC 5280's words.

    ``sha256``: the fingerprint of the whole certificate, lower-case hex.
    """

    subject: str
    holder: str
    issuer: str
    serial_hex: str
    serial_decimal: str
    not_before: datetime
    not_after: datetime
    key_algorithm: str
    usages: tuple[str, ...]
    sha256: str
