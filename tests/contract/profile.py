"""What a card claims to do, declared beforehand: the suite runs every test whose needs are claimed, and no other.

A profile for a card of any make is a JSON file: ``{"name": "…", "claims": ["RSA-2048", "mutual", …]}``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cardtool.cards.piv.types import AdminAlgorithm, Algorithm
from cardtool.pcsc.virtual.piv import Extension, Personality

ALGORITHMS = frozenset(algorithm.label for algorithm in Algorithm)
ABILITIES = {
    "mutual": "admin status by mutual authentication",
    "single": "admin status by single authentication",
    "retired": "certificate objects of retired slots",
    "factory values": "PIN, PUK and admin key are the well-known ones",
    "version": "GET VERSION",
    "serial": "GET SERIAL",
    "metadata": "GET METADATA",
    "attestation": "ATTEST",
    "move": "MOVE KEY, also to delete",
    "import": "IMPORT ASYMMETRIC KEY",
    "set admin key": "SET MANAGEMENT KEY",
    "set tries": "SET PIN RETRIES",
}
KNOWN = ALGORITHMS | ABILITIES.keys()
_OF_EXTENSION = {
    Extension.VERSION: "version",
    Extension.SERIAL: "serial",
    Extension.METADATA: "metadata",
    Extension.ATTESTATION: "attestation",
    Extension.MOVE: "move",
    Extension.IMPORT: "import",
    Extension.SET_MANAGEMENT_KEY: "set admin key",
    Extension.SET_RETRIES: "set tries",
}
_PREFERRED = (Algorithm.ECC_P256, Algorithm.RSA_2048, Algorithm.ECC_P384, Algorithm.RSA_3072)


@dataclass(frozen=True)
class Profile:
    name: str
    claims: frozenset[str]

    def __post_init__(self) -> None:
        unknown = self.claims - KNOWN
        if unknown:
            raise ValueError(f"{self.name} claims what this suite does not know: {sorted(unknown)}")

    @property
    def signing(self) -> Algorithm:
        """The quickest algorithm that the card claims, for tests that any will do for."""
        return next(algorithm for algorithm in _PREFERRED if algorithm.label in self.claims)

    @property
    def algorithms(self) -> list[Algorithm]:
        return [algorithm for algorithm in Algorithm if algorithm.label in self.claims]


def of_software(personality: Personality) -> Profile:
    """Everything that a software card of this kind offers."""
    extensions = {
        _OF_EXTENSION[extension] for extension in personality.extensions if extension in _OF_EXTENSION
    }
    keys = {Algorithm(number).label for number in personality.algorithms if number not in set(AdminAlgorithm)}
    return Profile(
        personality.name, frozenset(extensions | keys | {"mutual", "single", "retired", "factory values"})
    )


def read(path: Path) -> Profile:
    values = json.loads(path.read_text(encoding="utf-8"))
    return Profile(values["name"], frozenset(values["claims"]))


def undeclared(name: str) -> Profile:
    """A card without a profile claims nothing: only what every PIV card does is tried."""
    return Profile(name, frozenset())


def table(skips: Iterable[tuple[str, str]]) -> list[str]:
    """Lines of card, missing need and number of tests, from (card, need) pairs."""
    counted: dict[tuple[str, str], int] = {}
    for pair in skips:
        counted[pair] = counted.get(pair, 0) + 1
    lines = [f"{card:<22}{need:<18}{count:>4}" for (card, need), count in sorted(counted.items())]
    return [f"{'card':<22}{'not claimed':<18}{'tests':>4}", *lines] if lines else []
