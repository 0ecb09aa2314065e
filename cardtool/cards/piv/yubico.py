"""Yubico's extensions of PIV, spoken by YubiKeys and some open applets; only after ``detect`` found them.

Source: Yubico, "PIV commands" and "Yubico extensions" (developers.yubico.com/PIV). Older versions lack some:
NotSupportedByCard.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cardtool.cards.piv.keydata import PUBLIC_KEY_TEMPLATE, PublicKey, algorithm_of, parse_public_key
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import AdminAlgorithm, Algorithm, KeyRef, Slot
from cardtool.errors import (
    CardAnswerMalformed,
    CardCommandFailed,
    NotSupportedByCard,
    ObjectNotFound,
    SecurityStatusNotSatisfied,
)
from cardtool.pcsc import tlv
from cardtool.pcsc.apdu import INS, command_name
from cardtool.secret import Secret

ImportableKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
METADATA_ALGORITHM = 0x01
METADATA_POLICY = 0x02
METADATA_ORIGIN = 0x03
METADATA_PUBLIC_KEY = 0x04
METADATA_IS_DEFAULT = 0x05
METADATA_RETRIES = 0x06
ORIGIN_GENERATED = 0x01
DELETE = 0xFF
SET_KEY = 0xFF


class PinPolicy(IntEnum):
    """When a key wants the PIN."""

    DEFAULT = 0
    NEVER = 1
    ONCE = 2
    ALWAYS = 3


@dataclass(frozen=True)
class Metadata:
    """What the card says of a key, PIN or PUK; None where that does not apply."""

    algorithm: int | None
    pin_policy: int | None
    generated: bool | None
    public_key: PublicKey | None
    is_default: bool | None
    tries_left: int | None
    tries_total: int | None


def detect(session: PivSession) -> YubicoExtensions | None:
    """Ask for the version; None for a card that does not know the question."""
    try:
        version = session.command(INS.GET_VERSION, 0x00, 0x00)
    except (NotSupportedByCard, ObjectNotFound, CardCommandFailed, SecurityStatusNotSatisfied):
        return None
    return YubicoExtensions(session, (version[0], version[1], version[2])) if len(version) == 3 else None


def serial_of(session: PivSession) -> int | None:
    """The device's serial number in a single question, or None: GET SERIAL harms no card that lacks it."""
    try:
        answer = session.command(INS.GET_SERIAL, 0x00, 0x00)
    except (NotSupportedByCard, ObjectNotFound, CardCommandFailed, SecurityStatusNotSatisfied):
        return None
    return int.from_bytes(answer, "big") if len(answer) == 4 else None


class YubicoExtensions:
    """One method per command, like the session itself. ``version`` e.g. (5, 7, 1)."""

    def __init__(self, session: PivSession, version: tuple[int, int, int]) -> None:
        self._session = session
        self.version = version

    def serial(self) -> int:
        answer = self._session.command(INS.GET_SERIAL, 0x00, 0x00)
        if len(answer) != 4:
            raise CardAnswerMalformed(command_name(INS.GET_SERIAL))
        return int.from_bytes(answer, "big")

    def metadata(self, key: Slot | KeyRef) -> Metadata:
        """Also tells the PUK's tries without spending one. Raises ObjectNotFound for an empty slot."""
        return _metadata(self._session.command(INS.GET_METADATA, 0x00, key))

    def attest(self, slot: Slot) -> bytes:
        """A certificate (DER) that the key in ``slot`` was made on the card."""
        return self._session.command(INS.ATTEST, slot, 0x00)

    def set_management_key(self, algorithm: AdminAlgorithm, key: Secret) -> None:
        """Needs admin status."""
        data = bytes([algorithm]) + tlv.encode(KeyRef.ADMIN, key.bytes())
        self._session.command(INS.SET_MANAGEMENT_KEY, SET_KEY, SET_KEY, data, le=None)

    def set_pin_retries(self, pin_tries: int, puk_tries: int) -> None:
        """Needs PIN and admin status; **sets PIN and PUK back to the factory's**."""
        self._session.command(INS.SET_PIN_RETRIES, pin_tries, puk_tries, le=None)

    def move_key(self, source: Slot, target: Slot) -> None:
        """Needs admin status."""
        self._session.command(INS.MOVE_KEY, target, source, le=None)

    def delete_key(self, slot: Slot) -> None:
        """Needs admin status."""
        self._session.command(INS.MOVE_KEY, DELETE, slot, le=None)

    def generate_key(self, slot: Slot, algorithm: Algorithm, pin_policy: PinPolicy) -> PublicKey:
        """As the session's own GENERATE, with a PIN policy that goes along when the key is moved."""
        return self._session.generate_asymmetric_key_pair(
            slot, algorithm, tlv.encode(0xAA, bytes([pin_policy]))
        )

    def import_key(self, slot: Slot, key: ImportableKey, pin_policy: PinPolicy = PinPolicy.DEFAULT) -> None:
        """Write a private key into ``slot``; needs admin status."""
        algorithm = algorithm_of(key.public_key())
        if algorithm is None:
            raise NotSupportedByCard(command_name(INS.IMPORT_ASYMMETRIC_KEY))
        data = _private_parts(key) + tlv.encode(0xAA, bytes([pin_policy]))
        self._session.command(INS.IMPORT_ASYMMETRIC_KEY, algorithm, slot, data, le=None)


def _metadata(answer: bytes) -> Metadata:
    name = command_name(INS.GET_METADATA)
    fields = tlv.fields(answer, name)
    algorithm = _first(fields.get(METADATA_ALGORITHM))
    retries = fields.get(METADATA_RETRIES, b"")
    origin = _first(fields.get(METADATA_ORIGIN))
    default = _first(fields.get(METADATA_IS_DEFAULT))
    return Metadata(
        algorithm=algorithm,
        pin_policy=_first(fields.get(METADATA_POLICY)),
        generated=None if origin is None else origin == ORIGIN_GENERATED,
        public_key=_metadata_key(fields.get(METADATA_PUBLIC_KEY), algorithm, name),
        is_default=None if default is None else bool(default),
        tries_left=retries[1] if len(retries) == 2 else None,
        tries_total=retries[0] if len(retries) == 2 else None,
    )


def _first(value: bytes | None) -> int | None:
    return value[0] if value else None


def _metadata_key(items: bytes | None, algorithm: int | None, name: str) -> PublicKey | None:
    """The key's items stand in tag 04 without their template."""
    if items is None or algorithm not in set(Algorithm):
        return None
    if items[:2] == PUBLIC_KEY_TEMPLATE.to_bytes(2, "big"):
        items = tlv.unwrap(PUBLIC_KEY_TEMPLATE, items, name)
    return parse_public_key(items, Algorithm(algorithm), name)


def _private_parts(key: ImportableKey) -> bytes:
    """RSA: the two primes and their CRT values, each half the modulus long; EC: the scalar."""
    if isinstance(key, rsa.RSAPrivateKey):
        numbers, size = key.private_numbers(), key.key_size // 16
        parts = (numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp)
        return b"".join(tlv.encode(tag, part.to_bytes(size, "big")) for tag, part in enumerate(parts, 0x01))
    size = (key.curve.key_size + 7) // 8
    return tlv.encode(0x06, key.private_numbers().private_value.to_bytes(size, "big"))
