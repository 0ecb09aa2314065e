"""Everything a card keeps without power, and what it looks like when it leaves the factory."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

from cardtool.pcsc.virtual.piv.keys import KeyPair, TouchPolicy
from cardtool.pcsc.virtual.piv.personality import Algorithm, Personality

DEFAULT_PIN = b"123456"
DEFAULT_PUK = b"12345678"
DEFAULT_MANAGEMENT_KEY = bytes.fromhex("0102030405060708" * 3)
MANAGEMENT_KEY_SIZES = {
    Algorithm.TDEA: 24,
    Algorithm.AES_128: 16,
    Algorithm.AES_192: 24,
    Algorithm.AES_256: 32,
}


def padded(value: bytes) -> bytes:
    """A PIN or PUK as it is stored and sent: eight bytes, filled with FF (SP 800-73-5 Part 2, 2.4.3)."""
    return value.ljust(8, b"\xff")


@dataclass
class Reference:
    """PIN or PUK with its retry counter."""

    value: bytes = field(repr=False)
    limit: int
    tries: int

    def presented(self, value: bytes) -> bool:
        """Compare, and count: a wrong value costs a try, the right one gives all tries back."""
        right = self.tries > 0 and hmac.compare_digest(value, self.value)
        self.tries = self.limit if right else max(self.tries - 1, 0)
        return right

    def replace(self, value: bytes) -> None:
        self.value, self.tries = value, self.limit


@dataclass
class ManagementKey:
    """The card management key (key reference 9B)."""

    algorithm: Algorithm
    value: bytes = field(repr=False)
    touch_policy: TouchPolicy = TouchPolicy.NEVER

    @property
    def is_default(self) -> bool:
        return self.value == default_management_key(self.algorithm).value


@dataclass
class CardState:
    """What lies in the card's EEPROM. ``keys`` by slot, ``objects`` by tag; an empty object is absent."""

    personality: Personality
    serial: int
    pin: Reference
    puk: Reference
    management_key: ManagementKey
    keys: dict[int, KeyPair] = field(default_factory=dict)
    objects: dict[int, bytes] = field(default_factory=dict)
    attestation_root: bytes = b""
    """DER certificate of the vendor's root above the attestation key."""


def default_management_key(algorithm: Algorithm) -> ManagementKey:
    """The well-known factory value, cut or continued to the algorithm's key size."""
    size = MANAGEMENT_KEY_SIZES[algorithm]
    return ManagementKey(algorithm, (DEFAULT_MANAGEMENT_KEY * 2)[:size])


def factory_reference(value: bytes, limit: int) -> Reference:
    return Reference(padded(value), limit, limit)


def factory_state(personality: Personality, serial: int | None = None) -> CardState:
    """A card as delivered: no keys, no certificates, default PIN, PUK and management key."""
    return CardState(
        personality=personality,
        serial=secrets.randbelow(90_000_000) + 10_000_000 if serial is None else serial,
        pin=factory_reference(DEFAULT_PIN, personality.pin_tries),
        puk=factory_reference(DEFAULT_PUK, personality.puk_tries),
        management_key=default_management_key(personality.admin_algorithm),
    )
