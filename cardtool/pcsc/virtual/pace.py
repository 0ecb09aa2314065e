"""How long a card takes to generate keys: no longer than it must, or as real cards do (``--slow``, practice)."""

from __future__ import annotations

import random
from collections.abc import Callable

Pace = Callable[[int], float]
"""Seconds for one key; told the bits of an RSA modulus, 0 for elliptic curves."""

_SECONDS = {2048: (8.0, 20.0), 3072: (20.0, 60.0), 4096: (40.0, 120.0)}
_CURVE_SECONDS = (0.3, 1.2)


def instant(_rsa_bits: int) -> float:
    """As fast as this computer is."""
    return 0.0


def real_card(rsa_bits: int) -> float:
    """Seconds, drawn at random: the search for primes takes longer or shorter each time."""
    return random.uniform(*_SECONDS.get(rsa_bits, _CURVE_SECONDS))  # noqa: S311 - a duration, not a secret
