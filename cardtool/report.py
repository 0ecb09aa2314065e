"""The support report: what the helpdesk needs of this computer, and nothing of its person.

Everything in it is on an allow-list: a few facts, and the log, which is one itself (``cardtool.log``). The
spoken code packs the facts into twelve signs that can be read over the phone.
"""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from cardtool import __version__
from cardtool.atomic import write_atomically
from cardtool.log import FILES
from cardtool.words import LANGUAGES

LOG_LINES = 200
LOG_BYTES = 64 * 1024
TIME_LENGTH = len("2026-01-01T00:00:00.000Z")

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no sign is heard or read as another."""

MISREAD = str.maketrans("OIL", "011")
CODE_LENGTH, GROUP = 12, 4
CHECK_BITS, CHECK_PRIME = 9, 509
"""The rest by a prime: one wrong sign, or two that changed places, never leave it as it was."""

SYSTEMS = ("", "Linux", "Windows", "Darwin")
FAMILIES = " CRLPU"
LETTERS = " ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PAGE = re.compile(r"([A-Z]{1,4})(?:-(\d))?")
ERROR = re.compile(r"([CRLPU])(\d{3})")


class Meaning(Protocol):
    @property
    def title(self) -> str: ...


class Words(Protocol):
    """What the report needs of ``cardtool.words.Words``."""

    def text(self, key: str, /) -> str: ...

    def explain(self, code: str) -> Meaning | None: ...


@dataclass(frozen=True)
class Facts:
    """``page`` and ``error`` are codes, '' for none; ``version`` is major.minor; ``system`` as Python names it."""

    page: str = ""
    error: str = ""
    system: str = ""
    version: str = ""
    language: str = LANGUAGES[0]
    practice: bool = False

    @classmethod
    def of_here(cls, language: str, *, practice: bool) -> Facts:
        system = platform.system()
        return cls(
            system=system if system in SYSTEMS else "",
            version=".".join(__version__.split(".")[:2]),
            language=language,
            practice=practice,
        )


@dataclass(frozen=True)
class Report:
    """``log``: its last lines. ``machine``: release and architecture of the system."""

    facts: Facts
    made: datetime
    machine: str = ""
    log: tuple[str, ...] = field(default=(), repr=False)

    def text(self, words: Words) -> str:
        """Exactly what is saved, in the language of ``words``."""
        lines = [words.text("report.heading"), "", *named(self._rows(words), words)]
        return "\n".join([*lines, "", words.text("report.log"), *self.log, ""])

    def _rows(self, words: Words) -> list[tuple[str, str]]:
        rows = [("made", f"{self.made:%Y-%m-%d %H:%M:%S (UTC)}"), *told(self.facts, words)]
        return [*rows, ("machine", self.machine), ("spoken", spoken_code(self.facts))]

    def save(self, path: Path, words: Words) -> None:
        """UTF-8, 0600, whole or not at all. Raises FolderNotWritable, DiskFull."""
        write_atomically(path, self.text(words).encode("utf-8"), what="report")


def make_report(facts: Facts, log_folder: Path | None) -> Report:
    machine = " ".join(part for part in (platform.release(), platform.machine()) if part)
    return Report(facts, datetime.now(UTC), machine, log_tail(log_folder) if log_folder else ())


def log_tail(folder: Path) -> tuple[str, ...]:
    """The last lines of the logs of window and backstage, in the order of time, with which every line begins."""
    lines = (line for name in FILES for line in _tail(folder / name))
    return tuple(sorted(lines, key=lambda line: line[:TIME_LENGTH])[-LOG_LINES:])


def _tail(file: Path) -> list[str]:
    """None where it cannot be read."""
    try:
        with file.open("rb") as log:
            size = log.seek(0, 2)
            log.seek(max(0, size - LOG_BYTES))
            lines = log.read(LOG_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    return lines[1:] if size > LOG_BYTES else lines


def told(facts: Facts, words: Words) -> list[tuple[str, str]]:
    """Each fact by its name below ``report``, in words where it has some."""
    rows = {item.name: str(getattr(facts, item.name)) for item in fields(facts)}
    for name in ("page", "error"):
        known = words.explain(rows[name]) if rows[name] else None
        rows[name] += f" {known.title}" if known else ""
    rows["practice"] = words.text("report.yes" if facts.practice else "report.no")
    return [(name, value or "–") for name, value in rows.items()]


def named(rows: list[tuple[str, str]], words: Words) -> list[str]:
    """One line for each of ``told``."""
    return [f"{words.text(f'report.{name}')}: {value}" for name, value in rows]


# --- the spoken code -----------------------------------------------------------------------------


def spoken_code(facts: Facts) -> str:
    """Twelve signs in groups of four. What does not fit (an unknown page, say) is left out."""
    content = _packed(facts)
    number = content << CHECK_BITS | _check(content)
    signs = "".join(SIGNS[number >> 5 * place & 31] for place in reversed(range(CODE_LENGTH)))
    return "-".join(signs[place : place + GROUP] for place in range(0, CODE_LENGTH, GROUP))


def read_spoken_code(typed: str) -> Facts | None:
    """The facts behind a code, however it was typed; None if it is none or was misheard."""
    signs = re.sub(r"[\s-]", "", typed).upper().translate(MISREAD)
    if len(signs) != CODE_LENGTH or not set(signs) <= set(SIGNS):
        return None
    number = 0
    for sign in signs:
        number = number << 5 | SIGNS.index(sign)
    content = number >> CHECK_BITS
    facts = _unpacked(content) if number & (1 << CHECK_BITS) - 1 == _check(content) else None
    return facts if facts is not None and _packed(facts) == content else None


def _check(content: int) -> int:
    return content % CHECK_PRIME


WIDTHS = {"format": 1, "system": 2, "practice": 1, "language": 1, "letters": 20, "number": 4}
WIDTHS |= {"family": 3, "error": 10, "major": 3, "minor": 6}
"""Bits of each part, first to last: 51, and with the check 60."""


def _packed(facts: Facts) -> int:
    parts = {**_page_parts(facts.page), **_error_parts(facts.error), **_version_parts(facts.version)}
    parts["system"] = SYSTEMS.index(facts.system) if facts.system in SYSTEMS else 0
    parts["language"] = LANGUAGES.index(facts.language) if facts.language in LANGUAGES else 0
    parts["practice"] = int(facts.practice)
    packed = 0
    for name, width in WIDTHS.items():
        packed = packed << width | min(parts.get(name, 0), (1 << width) - 1)
    return packed


def _page_parts(page: str) -> dict[str, int]:
    found = PAGE.fullmatch(page)
    letters = 0
    for letter in (found[1] if found else "").rjust(4):
        letters = letters * len(LETTERS) + LETTERS.index(letter)
    return {"letters": letters, "number": int(found[2] or 0) if found else 0}


def _error_parts(error: str) -> dict[str, int]:
    found = ERROR.fullmatch(error)
    return {"family": FAMILIES.index(found[1]), "error": int(found[2])} if found else {}


def _version_parts(version: str) -> dict[str, int]:
    numbers = [int(part) if part.isdecimal() else 0 for part in [*version.split("."), "0"][:2]]
    return dict(zip(("major", "minor"), numbers, strict=True))


def _unpacked(content: int) -> Facts | None:
    parts: dict[str, int] = {}
    for name, width in reversed(WIDTHS.items()):
        parts[name] = content & (1 << width) - 1
        content >>= width
    if parts["format"] or parts["family"] >= len(FAMILIES) or parts["error"] > 999:
        return None
    facts = Facts(
        system=SYSTEMS[parts["system"]],
        language=LANGUAGES[parts["language"]],
        practice=bool(parts["practice"]),
        version=f"{parts['major']}.{parts['minor']}",
    )
    error = f"{FAMILIES[parts['family']]}{parts['error']:03}" if parts["family"] else ""
    return replace(facts, page=_page_of(parts["letters"], parts["number"]), error=error)


def _page_of(letters: int, number: int) -> str:
    name = ""
    while letters:
        letters, place = divmod(letters, len(LETTERS))
        name = LETTERS[place] + name
    return f"{name.strip()}-{number}" if number else name.strip()
