"""A card's certificates as facts to show. Nothing is parsed here: what they say came with the card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cardtool.cards.overview import CardOverview, CertificateOnCard
from cardtool.cards.piv.types import Slot
from cardtool.pki.summary import CertificateSummary
from cardtool.ui.messages import Messages, day

SHOWN_SLOTS = (Slot.SIGNATURE, Slot.AUTHENTICATION, Slot.KEY_MANAGEMENT)
"""What belongs to the person, the most telling first. 9E is the card's own."""


@dataclass(frozen=True)
class Held:
    """A certificate of the person's that can be read."""

    certificate: CertificateOnCard
    summary: CertificateSummary


def held_by(card: CardOverview) -> tuple[Held, ...]:
    """The person's certificates on a card, without those nobody can read."""
    return tuple(
        Held(certificate, certificate.summary)
        for certificate in card.certificates
        if certificate.summary is not None and certificate.slot is not Slot.CARD_AUTHENTICATION
    )


def holder_of(card: CardOverview) -> str:
    """The holder's name as the card's certificates give it; empty where they do not."""
    return next((held.summary.holder for held in held_by(card) if held.summary.holder), "")


def grouped(serial: str) -> str:
    """A hexadecimal number in groups of four, so that it can be read aloud and compared."""
    return " ".join(serial[place : place + 4] for place in range(0, len(serial), 4))


def kind_of(summary: CertificateSummary, messages: Messages) -> str:
    signs = {"digitalSignature", "nonRepudiation"} & set(summary.usages)
    return messages.text("card.signature" if signs else "card.encryption")


def facts_of(summary: CertificateSummary, messages: Messages, slot: str = "") -> list[tuple[str, str]]:
    """(key below ui.certificate, value) in the order people ask for them."""
    known = (
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "keyAgreement",
        "clientAuth",
        "emailProtection",
    )
    usages = dict.fromkeys(messages.common(f"usage.{name}") for name in summary.usages if name in known)
    return [
        ("subject", summary.subject),
        ("issuer", summary.issuer),
        ("serial", grouped(summary.serial_hex)),
        ("since", day(summary.not_before)),
        ("until", day(summary.not_after)),
        ("algorithm", summary.key_algorithm),
        ("usages", "、".join(usages) if messages.language == "zh_TW" else ", ".join(usages)),
        ("slot", slot),
    ]


def state_of(summary: CertificateSummary, now: datetime) -> tuple[str, str]:
    """(key below ui.certificate, tone)."""
    if now < summary.not_before:
        return "soon", "caution"
    return ("valid", "good") if now <= summary.not_after else ("expired", "danger")
