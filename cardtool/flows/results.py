"""What wizards come to, as their result pages show it. Data only."""

from __future__ import annotations

from dataclasses import dataclass

from cardtool.cards.overview import KeyPlace
from cardtool.pki.summary import CertificateSummary


@dataclass(frozen=True)
class Applied:
    """The result: the certificate as written, where, and the RA's order that it closes."""

    certificate: CertificateSummary
    der: bytes
    card_id: str
    slot: str
    order: str
    resumed: bool


@dataclass(frozen=True)
class SignatureProof:
    """What was signed, with which certificate, and how long the card took (seconds)."""

    certificate: CertificateSummary
    slot: KeyPlace
    message: bytes
    signature: bytes
    seconds: float
