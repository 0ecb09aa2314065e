"""Cards, orders, relays and certificates as the RA knows them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cardtool.errors import RaAnswerMalformed
from cardtool.ra.members import Members
from cardtool.ra.wire.policy import LARGEST_FEE

LONGEST_PEM = 64 * 1024
SERIAL = re.compile(r"[0-9a-f]{1,40}")
"""A certificate's serial number: up to 20 octets (RFC 5280 section 4.1.2.2)."""
SHA256_SIZE = 32
GUID_BYTES = 16


class OrderState(StrEnum):
    CREATED = "created"
    RESERVED = "reserved"
    AUTHORISED = "authorised"
    ISSUED = "issued"
    STORED = "stored"
    ACTIVATED = "activated"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True)
class CardAtRa:
    """A card as the RA knows it. Of another customer's card only ``mine`` = False is told."""

    mine: bool
    card_id: str = ""
    status: str = ""
    guids: tuple[bytes, ...] = ()

    @classmethod
    def parse(cls, members: Members) -> CardAtRa:
        if not members.flag("mine"):
            return cls(mine=False)
        return cls(
            mine=True,
            card_id=members.identifier("card_id"),
            status=members.identifier("status"),
            guids=members.hexadecimals("guids", GUID_BYTES, GUID_BYTES),
        )


@dataclass(frozen=True)
class Verification:
    """A card verification that the RA has begun: sign its ``nonce`` in a statement."""

    id: str
    nonce: bytes
    expires_at: datetime

    @classmethod
    def parse(cls, members: Members) -> Verification:
        return cls(members.identifier("id"), members.hexadecimal("nonce", 16, 64), members.time("expires_at"))


class FeeState(StrEnum):
    """due: nothing debited yet; uncertain: the bank did not answer; credit: kept for the next order."""

    DUE = "due"
    INTENDED = "intended"
    UNCERTAIN = "uncertain"
    RESERVED = "reserved"
    CAPTURED = "captured"
    RELEASED = "released"
    CREDIT = "credit"
    REFUSED = "refused"


@dataclass(frozen=True)
class OrderFee:
    """``amount``: whole units of ``currency``. ``account``: the last digits, the rest masked.

    ``deadline``: until when it is set aside, or kept as credit; ``reason`` as in FeeRefused.
    """

    amount: int
    currency: str
    state: FeeState
    account: str
    reason: str
    deadline: datetime | None

    @classmethod
    def parse(cls, members: Members) -> OrderFee:
        return cls(
            amount=members.number("amount", 1, LARGEST_FEE),
            currency=members.identifier("currency"),
            state=members.choice("state", FeeState),
            account=members.optional_text("account"),
            reason=members.identifier("reason") if members.has("reason") else "",
            deadline=members.time("deadline") if members.has("deadline") else None,
        )


@dataclass(frozen=True)
class Order:
    """``subject`` is RFC 4514 text; ``certificate`` PEM, once issued; ``fee``: None for nothing to pay."""

    id: str
    kind: str
    state: OrderState
    unit: str
    card_id: str
    slot_hint: str
    key_algorithm: str
    subject: str = field(repr=False)
    created_at: datetime
    deadline: datetime
    certificate: str | None = field(repr=False)
    fee: OrderFee | None = None

    @classmethod
    def parse(cls, members: Members) -> Order:
        has_certificate = members.has("certificate")
        return cls(
            id=members.identifier("id"),
            kind=members.identifier("kind"),
            state=members.choice("state", OrderState),
            unit=members.identifier("unit"),
            card_id=members.identifier("card_id") if members.has("card_id") else "",
            slot_hint=members.optional_text("slot_hint"),
            key_algorithm=members.identifier("key_algorithm"),
            subject=members.text("subject"),
            created_at=members.time("created_at"),
            deadline=members.time("deadline"),
            certificate=_pem(members, "certificate") if has_certificate else None,
            fee=OrderFee.parse(members.child("fee")) if members.has("fee") else None,
        )


@dataclass(frozen=True)
class Attestation:
    """DER: the card's certificate over a key that it made, and the certificate of the key that signed this one."""

    statement: bytes
    intermediate: bytes

    def members(self) -> dict[str, str]:
        """As the RA takes it."""
        from ssl import DER_cert_to_PEM_cert  # noqa: PLC0415 (brings OpenSSL; the window knows these types too)

        return {
            "certificate": DER_cert_to_PEM_cert(self.statement),
            "intermediate": DER_cert_to_PEM_cert(self.intermediate),
        }


@dataclass(frozen=True)
class Relay:
    """An admin relay that waits for the card's witness. ``algorithm`` names the card's admin key."""

    id: str
    algorithm: str
    expires_at: datetime

    @classmethod
    def parse(cls, members: Members) -> Relay:
        return cls(members.identifier("id"), members.identifier("algorithm"), members.time("expires_at"))


@dataclass(frozen=True)
class WitnessAnswer:
    """The decrypted witness and the RA's challenge: one cipher block each (8 bytes 3DES, 16 AES)."""

    witness: bytes = field(repr=False)
    challenge: bytes = field(repr=False)

    @classmethod
    def parse(cls, members: Members) -> WitnessAnswer:
        witness = members.hexadecimal("witness", 8, 16)
        return cls(witness, members.hexadecimal("challenge", len(witness), len(witness)))


@dataclass(frozen=True)
class CertificateAtRa:
    """``serial`` and ``key`` (SHA-256 of its SubjectPublicKeyInfo, hex) tell which one, ``state`` as the RA says.

    ``pem``: None where staff must open another download.
    """

    serial: int
    key: str
    pem: str | None = field(repr=False)
    state: str
    order: str
    card_id: str
    slot: str

    @classmethod
    def parse(cls, members: Members) -> CertificateAtRa:
        return cls(
            serial=_serial(members),
            key=members.hexadecimal("key", SHA256_SIZE, SHA256_SIZE).hex(),
            pem=_pem(members, "pem") if members.has("pem") else None,
            state=members.identifier("state"),
            order=members.optional_text("order"),
            card_id=members.optional_text("card_id"),
            slot=members.optional_text("slot"),
        )

    @property
    def mark(self) -> tuple[int, str]:
        """As ``pki.certificate.mark_of`` tells one that is at hand."""
        return self.serial, self.key


def _serial(members: Members) -> int:
    text = members.identifier("serial")
    if not SERIAL.fullmatch(text):
        raise RaAnswerMalformed
    return int(text, 16)


def _pem(members: Members, name: str) -> str:
    return members.text(name, longest=LONGEST_PEM, lines=True)
