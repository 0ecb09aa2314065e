"""Everything a GIDS card keeps without power."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from enum import IntEnum
from typing import cast

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from cardtool.pcsc.virtual import tlv
from cardtool.pcsc.virtual.gids.personality import Personality

FILE_DESCRIPTOR = 0x82
FILE_IDENTIFIER = 0x83
KEY_FILES = 0xB000
"""The file of key reference xx is B0xx."""


class FileKind(IntEnum):
    """The file descriptor byte (ISO/IEC 7816-4)."""

    KEY = 0x18
    OBJECTS = 0x39


@dataclass
class Pin:
    """The user's PIN with its retry counter; ``value`` is empty until it is set for the first time."""

    value: bytes = field(repr=False)
    limit: int
    tries: int

    def presented(self, value: bytes) -> bool:
        """Compare, and count: a wrong value costs a try, the right one gives all tries back."""
        right = self.tries > 0 and bool(self.value) and hmac.compare_digest(value, self.value)
        self.tries = self.limit if right else max(self.tries - 1, 0)
        return right

    def replace(self, value: bytes) -> None:
        self.value, self.tries = value, self.limit


@dataclass
class CardFile:
    """An elementary file: a bag of data objects by tag, or one key.

    ``control`` is the content of its file control parameters (62). ``key`` is unencrypted PKCS#8, or the 24
    bytes of a 3DES key; empty as long as there is none.
    """

    control: bytes
    active: bool = False
    objects: dict[int, bytes] = field(default_factory=dict)
    key: bytes = field(default=b"", repr=False)

    @property
    def kind(self) -> FileKind:
        return FileKind(tlv.parse_map(self.control)[FILE_DESCRIPTOR][0])

    @property
    def private_key(self) -> rsa.RSAPrivateKey:
        # The card made or checked the key itself; checking RSA again costs 30-190 ms at every use.
        loaded = load_der_private_key(self.key, None, unsafe_skip_rsa_key_validation=True)
        return cast("rsa.RSAPrivateKey", loaded)

    def keep(self, private: rsa.RSAPrivateKey) -> None:
        self.key = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@dataclass
class CardState:
    """What lies in the card's EEPROM. Until it is ``operational`` anyone may set it up."""

    personality: Personality
    pin: Pin
    operational: bool = False
    files: dict[int, CardFile] = field(default_factory=dict)

    @property
    def weight(self) -> int:
        """Bytes of all data objects together."""
        return sum(len(value) for file in self.files.values() for value in file.objects.values())


def delivered(personality: Personality) -> CardState:
    """A card before anyone set it up: no file, no PIN, no admin key."""
    return CardState(personality, Pin(b"", personality.pin_tries, personality.pin_tries))
