"""Counts what went to a card, from the log that ``pcscd --apdu`` writes: the same for every program."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(
    r"^(?:\x1b\[[\d;]*m)*(?P<since>\d{8}) .*?(?P<kind>APDU|SW): (?P<bytes>[0-9A-F]{2}(?: [0-9A-F]{2})*)", re.M
)


@dataclass(frozen=True)
class Traffic:
    """``sent`` and ``received`` are bytes; ``at_card`` milliseconds from the first command to the last answer."""

    apdus: int
    sent: int
    received: int
    at_card: float


class ApduLog:
    """Everything after ``mark``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._start = 0

    def mark(self) -> None:
        self._start = self._path.stat().st_size

    def traffic(self) -> Traffic:
        """Each line of the log begins with the microseconds since the line before it."""
        with self._path.open("rb") as log:
            log.seek(self._start)
            return count(log.read().decode("utf-8", "replace"))


def count(text: str) -> Traffic:
    clock = apdus = sent = received = 0
    first = last = 0
    for line in text.splitlines():
        since = re.match(r"(?:\x1b\[[\d;]*m)*(\d{8}) ", line)
        clock += int(since.group(1)) if since else 0
        found = _LINE.match(line)
        if found is None:
            continue
        size = len(found["bytes"].split())
        if found["kind"] == "APDU":
            first = first or clock
            apdus, sent = apdus + 1, sent + size
        else:
            last, received = clock, received + size
    return Traffic(apdus, sent, received, (last - first) / 1000)
