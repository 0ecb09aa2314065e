"""Names and numbers of GIDS: "Generic Identity Device Specification" 2.0 (Microsoft, 2012).

The table of files, the key map and the files' names are the Windows minidriver's; the first two are documented
nowhere and known from the cards that Windows and OpenSC write.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum


class FileId(IntEnum):
    """Elementary files; each is a bag of data objects with one access rule for all of them."""

    APPLICATION = 0x3FFF
    """Stands for the application itself: PIN status, keys."""
    DIRECTORY = 0xA000
    USER_WRITES = 0xA010
    """Read by everyone, written with the PIN (or by the admin)."""
    USER_WRITES_NOBODY_READS = 0xA011
    ADMIN_WRITES = 0xA012
    USER_ONLY = 0xA013
    ADMIN_ONLY = 0xA014


class ObjectTag(IntEnum):
    """Data objects whose place is fixed. All others are found by the table of files."""

    PIN_STATUS = 0x7F71
    KEY = 0x70
    MASTERFILE = 0xDF1F
    """In DIRECTORY: the table of files."""
    KEYMAP = 0xDF20
    """In DIRECTORY: which key belongs to which container."""


FIRST_FREE_TAG, LAST_FREE_TAG = 0xDF21, 0xDF7F
"""Tags of two bytes that new files may take in USER_WRITES."""

CARDID, CARDCF, CMAPFILE = "cardid", "cardcf", "mscp/cmapfile"
"""Files by directory and name: card identifier, cache freshness, container map (Windows minidriver specification)."""


class KeyRef(IntEnum):
    """References of what is presented to the card."""

    PIN = 0x80
    ADMIN_KEY = 0x80
    LOG_OUT = 0x82
    """Not a reference: VERIFY with it drops every status."""


PIN_LENGTH_MIN, PIN_LENGTH_MAX = 4, 16

FIRST_KEY = 0x81
"""Key reference of container 0; container n has the key n further on."""
KEY_FILES = 0xB000
"""The file of key reference xx is B0xx."""
MOST_CONTAINERS = 0x7E


class Algorithm(IntEnum):
    """Kinds of asymmetric key (12.5.3.1, "Cryptographic Mechanism Identifier for Key with CRT")."""

    RSA_1024 = 0x06
    RSA_2048 = 0x07
    RSA_3072 = 0x08
    RSA_4096 = 0x09

    @property
    def bits(self) -> int:
        return {Algorithm.RSA_1024: 1024, Algorithm.RSA_2048: 2048, Algorithm.RSA_3072: 3072}.get(self, 4096)

    @classmethod
    def from_bits(cls, bits: int) -> Algorithm | None:
        """None for a size that has no identifier."""
        return next((each for each in cls if each.bits == bits), None)


class Mechanism(IntEnum):
    """The high half of a mechanism byte: who pads, and how. The low half is the key's Algorithm."""

    DECIPHER_RAW = 0x00
    SIGN_PADDED_BY_HOST = 0x10
    DECIPHER_PKCS1 = 0x40
    SIGN_PADDED_BY_CARD = 0x50
    """PKCS#1 v1.5 around whatever is sent, a DigestInfo as a rule."""
    DECIPHER_OAEP = 0x80


class Template(IntEnum):
    """Control reference templates (ISO/IEC 7816-4)."""

    AUTHENTICATION = 0xA4
    SIGNATURE = 0xB6
    CONFIDENTIALITY = 0xB8


class KeyUse(Enum):
    """What a container's key is for: the file its certificate lies in, and its type in the key map."""

    EXCHANGE = ("kxc", 0x9A)
    """Signs and decrypts."""
    SIGNATURE = ("ksc", 0x9C)

    @property
    def certificate_prefix(self) -> str:
        return self.value[0]

    @property
    def key_type(self) -> int:
        return self.value[1]


@dataclass(frozen=True)
class Container:
    """One key with its name and, perhaps, its certificate."""

    index: int
    name: str
    use: KeyUse
    bits: int
    is_default: bool

    @property
    def key(self) -> int:
        """Its key reference."""
        return FIRST_KEY + self.index

    @property
    def label(self) -> str:
        """As its certificate's file is called, ``kxc00``: names are somebody else's words, this is always ours."""
        return f"{self.use.certificate_prefix}{self.index:02X}"

    @property
    def certificate_path(self) -> str:
        return f"mscp/{self.label}"
