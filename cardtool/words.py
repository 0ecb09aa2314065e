"""The words a person reads: error, page and act → text in one language.

The catalogue is ``resources/words/<language>.toml``. A key may have variants: ``title_unknown`` is taken
where a placeholder of ``title`` has no known value (None or empty), ``title_1`` or ``title_length`` where a
field given with it has that value. A ``Words`` never changes: to switch the language, make another one.
"""

from __future__ import annotations

import locale
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import Formatter
from typing import Any

import resources
from cardtool.errors import CardToolError, Datum, all_errors

LANGUAGES = ("zh_TW", "en")
FALLBACK = "en"
UNKNOWN = "unknown"
LONGEST_VALUE = 120
ERROR_PARTS = ("title", "safety", "advice", "say")
PAGE_PARTS = ("title", "lead", "step", "say")

# importlib.resources would cost the start what reading the words costs.
FOLDER = Path(resources.__file__).parent / "words"
TABLE = re.compile(r"^\[([\w.-]+)\]$", re.M)

Value = Datum | float


@dataclass(frozen=True)
class ErrorWords:
    """The four things every failure says, and ``say``: one sentence the helpdesk may read aloud."""

    code: str
    title: str
    safety: str
    advice: str
    say: str


@dataclass(frozen=True)
class PageWords:
    """A page's title, the sentence below it, its short name in the list of steps, the helpdesk's sentence."""

    code: str
    title: str
    lead: str
    step: str
    say: str


class Catalogue:
    """The file of one language. A table is parsed when it is first asked for: all would delay the window."""

    def __init__(self, text: str) -> None:
        _, *pieces = TABLE.split(text)
        self._sources = dict(zip(pieces[::2], pieces[1::2], strict=True))
        self._tables: dict[str, Mapping[str, Any]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._sources

    def table(self, name: str) -> Mapping[str, Any]:
        """The table of that dotted name, e.g. ``error.C101``; an empty one if there is none."""
        if name not in self._tables:
            self._tables[name] = tomllib.loads(self._sources.get(name, ""))
        return self._tables[name]


class Words:
    """One language. ``strict`` (tests): a missing key raises LookupError instead of falling back."""

    def __init__(self, language: str, *, strict: bool = False) -> None:
        self.language = language if language in LANGUAGES else FALLBACK
        self._strict = strict

    @cached_property
    def _own(self) -> Catalogue:
        return load_catalogue(self.language)

    @cached_property
    def _english(self) -> Catalogue:
        return self._own if self.language == FALLBACK else load_catalogue(FALLBACK)

    def text(self, key: str, **placeholders: Value) -> str:
        """The words of a dotted key, e.g. ``label.tries_left`` with ``count=2``."""
        return self._find(tuple(key.split(".")), placeholders)

    def error(self, error: CardToolError) -> ErrorWords:
        return self._error_words(error.code, error.data())

    def page(self, code: str) -> PageWords:
        parts = {part: self._find(("page", code, part), {}) for part in PAGE_PARTS}
        return PageWords(code, **parts)

    def act(self, name: str) -> str:
        return self._find(("act", name), {})

    def explain(self, code: str) -> ErrorWords | PageWords | None:
        """What an error or screen code read over the phone means; None if there is no such code."""
        code = code.strip().upper()
        kind = all_errors().get(code)
        if kind is not None:
            return self._error_words(code, usual_data(kind))
        return self.page(code) if f"page.{code}" in self._english else None

    def _error_words(self, code: str, data: Mapping[str, Value]) -> ErrorWords:
        parts = {part: self._find(("error", code, part), data) for part in ERROR_PARTS}
        return ErrorWords(code, **parts)

    def _catalogues(self) -> Iterator[Catalogue]:
        """The fallback is read only when it is needed."""
        yield self._own
        if not self._strict:
            yield self._english

    def _find(self, path: tuple[str, ...], values: Mapping[str, Value]) -> str:
        for catalogue in self._catalogues():
            template = _pick(catalogue, path, values)
            if template is not None:
                return template.format_map({name: _shown(value) for name, value in values.items()})
        if self._strict:
            raise LookupError(".".join(path))
        return path[1] if path[0] == "error" else path[-1]


def load_catalogue(language: str) -> Catalogue:
    return Catalogue((FOLDER / f"{language}.toml").read_text("utf-8"))


def usual_data(kind: type[CardToolError]) -> dict[str, Datum]:
    """An error's data when only its code is known: the fields' defaults, None where there is none."""
    return {name: getattr(kind, name, None) for name in kind.fields}


def placeholders(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)


def detect_language() -> str:
    """The person's language by the operating system: Traditional Chinese for any Chinese, else English."""
    named = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    chosen = next((name for name in named if name), "") or (locale.getlocale()[0] or "")
    return "zh_TW" if chosen.lower().startswith(("zh", "chinese")) else "en"


def _pick(catalogue: Catalogue, path: tuple[str, ...], values: Mapping[str, Value]) -> str | None:
    table = catalogue.table(".".join(path[:-1]))
    base = table.get(path[-1])
    if not isinstance(base, str):
        return None
    needed = placeholders(base)
    if any(values.get(name) in (None, "") for name in needed):
        variant = table.get(f"{path[-1]}_{UNKNOWN}")
        return variant if isinstance(variant, str) else None
    variants = (table.get(f"{path[-1]}_{value}") for value in values.values())
    return next((variant for variant in variants if isinstance(variant, str)), base)


def _shown(value: Value) -> Value:
    """Values may come from outside (who holds a card, who signed a certificate): one short printable line."""
    if not isinstance(value, str):
        return value
    return "".join(character for character in value if character.isprintable())[:LONGEST_VALUE]
