"""The journal: which flow is under way, so that the home screen can offer to continue it (spec 5.1).

One JSON file, mode 0600, replaced atomically. It holds identifiers and a step name: never a secret,
never the truth. A journal that cannot be read counts as empty: the RA and the card know the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from cardtool.atomic import write_atomically

MOST_ENTRIES = 100
MOST_BYTES = 256 * 1024


@dataclass(frozen=True)
class Entry:
    """One unfinished flow. ``key`` is the SHA-256 of the new key's SubjectPublicKeyInfo, once known."""

    flow: str
    account: str
    unit: str
    order: str = ""
    card_id: str = ""
    slot: str = ""
    key: str = ""
    step: str = ""
    at: str = ""


class Journal:
    """All unfinished flows of this user. Small, so every change rewrites it."""

    def __init__(self, path: Path, write: Callable[[Path, bytes], None] = write_atomically) -> None:
        self._path = path
        self._write = write

    def entries(self) -> tuple[Entry, ...]:
        try:
            raw = self._path.read_bytes()[:MOST_BYTES]
            rows = json.loads(raw)["entries"]
            return tuple(entry for row in rows[:MOST_ENTRIES] if (entry := _parse(row)))
        except (OSError, ValueError, KeyError, TypeError):
            return ()

    def note(self, entry: Entry) -> None:
        """Add or replace the entry of the same flow, unit and account. Raises DiskFull, FolderNotWritable."""
        self._store((*self._others(entry), entry))

    def close(self, entry: Entry) -> None:
        """The flow is finished or given up."""
        others = self._others(entry)
        if len(others) != len(self.entries()):
            self._store(others)

    def find(self, flow: str, unit: str, account: str) -> Entry | None:
        wanted = (flow, unit, account)
        return next((entry for entry in self.entries() if _place(entry) == wanted), None)

    def _others(self, entry: Entry) -> tuple[Entry, ...]:
        return tuple(other for other in self.entries() if _place(other) != _place(entry))

    def _store(self, entries: tuple[Entry, ...]) -> None:
        rows = [asdict(entry) for entry in entries[-MOST_ENTRIES:]]
        text = json.dumps({"version": 1, "entries": rows}, ensure_ascii=False, indent=1)
        self._write(self._path, text.encode("utf-8"))


def _place(entry: Entry) -> tuple[str, str, str]:
    return (entry.flow, entry.unit, entry.account)


def _parse(row: object) -> Entry | None:
    if not isinstance(row, Mapping):
        return None
    known = {field.name for field in fields(Entry)}
    values = {name: value for name, value in row.items() if name in known and isinstance(value, str)}
    return replace(Entry("", "", ""), **values) if {"flow", "account", "unit"} <= values.keys() else None
