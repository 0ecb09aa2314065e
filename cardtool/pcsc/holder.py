"""Which programs may be holding a card: named so that the person can close them, never stopped by us.

PC/SC does not tell. On Linux the programs that have pcsc-lite's client library loaded are the candidates, as far
as the system lets this user look; elsewhere nobody is named.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

CLIENT_LIBRARY = "libpcsclite.so"
NAMED_MAX = 3
PROCESSES = Path("/proc")
Holders = Callable[[], Sequence[str]]


def candidates(processes: Path = PROCESSES) -> Sequence[str]:
    """Names of other programs that speak to the card service, at most three, without our own."""
    return tuple(dict.fromkeys(_names(processes)))[:NAMED_MAX]


def _names(processes: Path) -> Iterator[str]:
    for process in sorted(processes.glob("[0-9]*")):
        if process.name != str(os.getpid()):
            # Gone by now, or another user's: not named.
            with suppress(OSError):
                yield from _name_of(process)


def _name_of(process: Path) -> Iterator[str]:
    """The program's name if it speaks to the card service. Raises OSError."""
    with (process / "maps").open(encoding="utf-8", errors="replace") as maps:
        speaks = any(CLIENT_LIBRARY in line for line in maps)
    if speaks:
        yield (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
