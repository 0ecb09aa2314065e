"""How long a card takes to generate keys: no longer than it must, or as real cards do (``--slow``, practice)."""

from __future__ import annotations

import random
from collections.abc import Callable

from cardtool.pcsc.virtual.piv.personality import Algorithm

Pace = Callable[[Algorithm], float]
"""Seconds for one key of an algorithm."""

_SECONDS = {
    Algorithm.RSA_2048: (8.0, 20.0),
    Algorithm.RSA_3072: (20.0, 60.0),
    Algorithm.RSA_4096: (40.0, 120.0),
}
_CURVE_SECONDS = (0.3, 1.2)


def instant(_algorithm: Algorithm) -> float:
    """As fast as this computer is."""
    return 0.0


def real_card(algorithm: Algorithm) -> float:
    """Seconds, drawn at random: the search for primes takes longer or shorter each time."""
    return random.uniform(*_SECONDS.get(algorithm, _CURVE_SECONDS))  # noqa: S311 - a duration, not a secret
