"""What a PIV card can do: by its model's record where it has one, else by what it says of itself.

Nothing is tried out on a slot that holds a key. What neither record nor card tells is None, and shows when it
is used: GENERATE in an empty slot answers for its algorithm.
"""

from __future__ import annotations

from dataclasses import dataclass

from cardtool.cards.piv import yubico
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import Algorithm
from cardtool.cards.piv.yubico import YubicoExtensions
from cardtool.errors import CardAnswerMalformed
from cardtool.pcsc import tlv

APPLICATION_PROPERTY_TEMPLATE = 0x61
CRYPTOGRAPHIC_ALGORITHMS = 0xAC
ALGORITHM_IDENTIFIER = 0x80
_SINCE_5_7 = frozenset({Algorithm.RSA_3072, Algorithm.RSA_4096, Algorithm.ED25519, Algorithm.X25519})
_SINCE_4 = frozenset({Algorithm.RSA_2048, Algorithm.ECC_P256, Algorithm.ECC_P384})
Version = tuple[int, int, int]


@dataclass(frozen=True)
class Capabilities:
    """``algorithms`` is None where the card does not say. The flags are for Yubico's extensions."""

    version: Version | None = None
    metadata: bool = False
    attestation: bool = False
    moves_keys: bool = False
    algorithms: frozenset[Algorithm] | None = None

    def offers(self, algorithm: Algorithm) -> bool | None:
        return None if self.algorithms is None else algorithm in self.algorithms


def read_capabilities(session: PivSession) -> Capabilities:
    """Two questions that no card minds: its version, and its application property template."""
    extensions = yubico.detect(session)
    told = algorithms_told(session.select())
    return by_model(extensions, told) if extensions else Capabilities(algorithms=told)


def by_model(extensions: YubicoExtensions, told: frozenset[Algorithm] | None = None) -> Capabilities:
    """The record of Yubico's versions (Yubico, "PIV commands"); ``told`` by the card itself counts more."""
    version = extensions.version
    recorded = _SINCE_4 | _SINCE_5_7 if version >= (5, 7, 0) else _SINCE_4
    return Capabilities(
        version,
        metadata=version >= (5, 3, 0),
        attestation=version >= (4, 3, 0),
        moves_keys=version >= (5, 7, 0),
        algorithms=told or recorded,
    )


def algorithms_told(template: bytes) -> frozenset[Algorithm] | None:
    """The asymmetric ones of tag AC (SP 800-73-5 part 2, table 3); None where it has no such tag."""
    try:
        items = tlv.parse(tlv.unwrap(APPLICATION_PROPERTY_TEMPLATE, template, "SELECT"), "SELECT")
        told = [
            int.from_bytes(entry.value, "big")
            for item in items
            if item.tag == CRYPTOGRAPHIC_ALGORITHMS
            for entry in tlv.parse(item.value, "SELECT")
            if entry.tag == ALGORITHM_IDENTIFIER
        ]
    except CardAnswerMalformed:
        return None
    return frozenset(algorithm for algorithm in Algorithm if algorithm in told) or None
