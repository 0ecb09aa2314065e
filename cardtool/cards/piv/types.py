"""Names and numbers of PIV: SP 800-73-5 part 1 (objects, key references) and SP 800-78-5 (algorithms)."""

from __future__ import annotations

from enum import IntEnum

PIV_AID = bytes.fromhex("A000000308000010000100")
"""SP 800-73-5 part 1, 2.2; selected without its last two bytes, the version."""
PIV_AID_WITHOUT_VERSION = PIV_AID[:9]


class KeyRef(IntEnum):
    """SP 800-73-5 part 1, table 4; key references of values that are presented."""

    PIV_PIN = 0x80
    PUK = 0x81
    ADMIN = 0x9B
    """PIV Card Application Administration Key."""


class Slot(IntEnum):
    """Key references of asymmetric keys, SP 800-73-5 part 1, table 4."""

    AUTHENTICATION = 0x9A
    SIGNATURE = 0x9C
    KEY_MANAGEMENT = 0x9D
    CARD_AUTHENTICATION = 0x9E
    RETIRED_1 = 0x82
    RETIRED_2 = 0x83
    RETIRED_3 = 0x84
    RETIRED_4 = 0x85
    RETIRED_5 = 0x86
    RETIRED_6 = 0x87
    RETIRED_7 = 0x88
    RETIRED_8 = 0x89
    RETIRED_9 = 0x8A
    RETIRED_10 = 0x8B
    RETIRED_11 = 0x8C
    RETIRED_12 = 0x8D
    RETIRED_13 = 0x8E
    RETIRED_14 = 0x8F
    RETIRED_15 = 0x90
    RETIRED_16 = 0x91
    RETIRED_17 = 0x92
    RETIRED_18 = 0x93
    RETIRED_19 = 0x94
    RETIRED_20 = 0x95

    @property
    def label(self) -> str:
        """As people and the RA write it: ``9A``."""
        return f"{self.value:02X}"

    @classmethod
    def from_label(cls, label: str) -> Slot:
        """Raises ValueError for what is no slot: for names of our own, never for a card's answer."""
        return cls(int(label, 16))

    @property
    def object_tag(self) -> ObjectTag:
        """The data object that holds this key's certificate."""
        if self in _CERTIFICATE_OBJECTS:
            return _CERTIFICATE_OBJECTS[self]
        return ObjectTag(ObjectTag.CERTIFICATE_RETIRED_1 + self - Slot.RETIRED_1)


MAIN_SLOTS = (Slot.AUTHENTICATION, Slot.SIGNATURE, Slot.KEY_MANAGEMENT, Slot.CARD_AUTHENTICATION)
RETIRED_SLOTS = tuple(slot for slot in Slot if Slot.RETIRED_1 <= slot <= Slot.RETIRED_20)


class ObjectTag(IntEnum):
    """BER-TLV tags of data objects, SP 800-73-5 part 1, table 3."""

    CARD_CAPABILITY_CONTAINER = 0x5FC107
    CHUID = 0x5FC102
    CERTIFICATE_AUTHENTICATION = 0x5FC105
    FINGERPRINTS = 0x5FC103
    SECURITY_OBJECT = 0x5FC106
    FACIAL_IMAGE = 0x5FC108
    CERTIFICATE_CARD_AUTHENTICATION = 0x5FC101
    CERTIFICATE_SIGNATURE = 0x5FC10A
    CERTIFICATE_KEY_MANAGEMENT = 0x5FC10B
    PRINTED_INFORMATION = 0x5FC109
    DISCOVERY = 0x7E
    KEY_HISTORY = 0x5FC10C
    CERTIFICATE_RETIRED_1 = 0x5FC10D
    CERTIFICATE_RETIRED_2 = 0x5FC10E
    CERTIFICATE_RETIRED_3 = 0x5FC10F
    CERTIFICATE_RETIRED_4 = 0x5FC110
    CERTIFICATE_RETIRED_5 = 0x5FC111
    CERTIFICATE_RETIRED_6 = 0x5FC112
    CERTIFICATE_RETIRED_7 = 0x5FC113
    CERTIFICATE_RETIRED_8 = 0x5FC114
    CERTIFICATE_RETIRED_9 = 0x5FC115
    CERTIFICATE_RETIRED_10 = 0x5FC116
    CERTIFICATE_RETIRED_11 = 0x5FC117
    CERTIFICATE_RETIRED_12 = 0x5FC118
    CERTIFICATE_RETIRED_13 = 0x5FC119
    CERTIFICATE_RETIRED_14 = 0x5FC11A
    CERTIFICATE_RETIRED_15 = 0x5FC11B
    CERTIFICATE_RETIRED_16 = 0x5FC11C
    CERTIFICATE_RETIRED_17 = 0x5FC11D
    CERTIFICATE_RETIRED_18 = 0x5FC11E
    CERTIFICATE_RETIRED_19 = 0x5FC11F
    CERTIFICATE_RETIRED_20 = 0x5FC120
    IRIS_IMAGES = 0x5FC121
    BIOMETRIC_TEMPLATES_GROUP = 0x7F61
    SECURE_MESSAGING_CERTIFICATE_SIGNER = 0x5FC122
    PAIRING_CODE_REFERENCE_DATA = 0x5FC123


BEHIND_THE_PIN = frozenset(
    {
        ObjectTag.FINGERPRINTS,
        ObjectTag.FACIAL_IMAGE,
        ObjectTag.PRINTED_INFORMATION,
        ObjectTag.IRIS_IMAGES,
        ObjectTag.PAIRING_CODE_REFERENCE_DATA,
    }
)
"""Read only after VERIFY (SP 800-73-5 part 1, table 3): a person's, or, in Printed Information, an admin key."""

_CERTIFICATE_OBJECTS = {
    Slot.AUTHENTICATION: ObjectTag.CERTIFICATE_AUTHENTICATION,
    Slot.SIGNATURE: ObjectTag.CERTIFICATE_SIGNATURE,
    Slot.KEY_MANAGEMENT: ObjectTag.CERTIFICATE_KEY_MANAGEMENT,
    Slot.CARD_AUTHENTICATION: ObjectTag.CERTIFICATE_CARD_AUTHENTICATION,
}


class Algorithm(IntEnum):
    """Asymmetric algorithms, SP 800-78-5, table 6-2; RSA-4096, Ed25519 and X25519 as Yubico has them."""

    RSA_1024 = 0x06
    RSA_2048 = 0x07
    RSA_3072 = 0x05
    RSA_4096 = 0x16
    ECC_P256 = 0x11
    ECC_P384 = 0x14
    ED25519 = 0xE0
    X25519 = 0xE1

    @property
    def label(self) -> str:
        """As the RA's unit files write it: ``RSA-2048``, ``P-256``."""
        return _ALGORITHM_LABELS[self]

    @classmethod
    def from_label(cls, label: str) -> Algorithm:
        """Raises KeyError for an unknown name: unit files are validated before."""
        return {name: algorithm for algorithm, name in _ALGORITHM_LABELS.items()}[label]

    @property
    def rsa_bits(self) -> int | None:
        return _RSA_BITS.get(self)


_ALGORITHM_LABELS = {
    Algorithm.RSA_1024: "RSA-1024",
    Algorithm.RSA_2048: "RSA-2048",
    Algorithm.RSA_3072: "RSA-3072",
    Algorithm.RSA_4096: "RSA-4096",
    Algorithm.ECC_P256: "P-256",
    Algorithm.ECC_P384: "P-384",
    Algorithm.ED25519: "Ed25519",
    Algorithm.X25519: "X25519",
}
_RSA_BITS = {
    Algorithm.RSA_1024: 1024,
    Algorithm.RSA_2048: 2048,
    Algorithm.RSA_3072: 3072,
    Algorithm.RSA_4096: 4096,
}


class AdminAlgorithm(IntEnum):
    """Symmetric algorithm identifiers of the administration key, SP 800-78-5, table 6-2."""

    TDES = 0x03
    AES_128 = 0x08
    AES_192 = 0x0A
    AES_256 = 0x0C

    @property
    def label(self) -> str:
        """As the RA writes it: ``AES-192``."""
        return self.name.replace("_", "-")

    @classmethod
    def from_label(cls, label: str) -> AdminAlgorithm:
        """Raises KeyError for an unknown name."""
        return cls[label.replace("-", "_")]

    @property
    def block_size(self) -> int:
        """Bytes of a witness, challenge or response."""
        return 8 if self is AdminAlgorithm.TDES else 16

    @property
    def key_size(self) -> int:
        """Bytes of the key."""
        return {AdminAlgorithm.AES_128: 16, AdminAlgorithm.AES_256: 32}.get(self, 24)
