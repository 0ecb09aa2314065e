"""How long a real card takes to generate keys, for ``--slow`` and practice."""

from __future__ import annotations

import random

from cardtool.pcsc.virtual.piv.personality import Algorithm

_SECONDS = {
    Algorithm.RSA_2048: (8.0, 20.0),
    Algorithm.RSA_3072: (20.0, 60.0),
    Algorithm.RSA_4096: (40.0, 120.0),
}
_CURVE_SECONDS = (0.3, 1.2)


def real_card(algorithm: Algorithm) -> float:
    """Seconds, drawn at random: the search for primes takes longer or shorter each time."""
    return random.uniform(*_SECONDS.get(algorithm, _CURVE_SECONDS))  # noqa: S311 - a duration, not a secret
