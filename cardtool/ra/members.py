"""Strict, bounded reading of the RA's JSON: whatever is not exactly as promised is RaAnswerMalformed.

Unknown members are ignored, so that the RA may grow. Texts may end up on a terminal or in a window:
control characters, bidirectional overrides and half surrogate pairs are refused here, once for all.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import NoReturn, TypeVar

from cardtool.errors import RaAnswerMalformed
from cardtool.secret import Secret

MOST_ROWS = 1000
LONGEST_TEXT = 1000
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", re.ASCII)
TOKEN = re.compile(r"[\x21-\x7e]{16,512}", re.ASCII)
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
HIDDEN = frozenset(("Cc", "Cs", "Co", "Cn"))
OVERRIDES = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

Choice = TypeVar("Choice", bound=StrEnum)
Item = TypeVar("Item")


def parse_json(body: bytes) -> object:
    """One JSON document (RFC 8259) in UTF-8, without duplicate names, NaN or bottomless nesting."""
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        pass  # raised below: JSONDecodeError would carry the whole answer along as the error's context
    raise RaAnswerMalformed


class Members:
    """One JSON object, read member by member."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise RaAnswerMalformed
        self._values: dict[str, object] = value

    def has(self, name: str) -> bool:
        """Whether the member is there and not null."""
        return self._values.get(name) is not None

    def raw(self, name: str) -> object:
        """The member as it came, for those who cope with anything."""
        return self._values.get(name)

    def text(self, name: str, *, longest: int = LONGEST_TEXT, lines: bool = False) -> str:
        """Printable text; ``lines`` permits line feeds and tabs."""
        return _text(self._values.get(name), longest, lines)

    def optional_text(self, name: str) -> str:
        """Empty where the member is missing or null."""
        return self.text(name) if self.has(name) else ""

    def identifier(self, name: str) -> str:
        return _identifier(self._values.get(name))

    def token(self, name: str) -> Secret:
        """A bearer token: visible ASCII (RFC 6750 section 2.1 permits less)."""
        value = self._values.get(name)
        if not isinstance(value, str) or not TOKEN.fullmatch(value):
            raise RaAnswerMalformed
        return Secret(value)

    def number(self, name: str, lowest: int, highest: int) -> int:
        value = self._values.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise RaAnswerMalformed
        return value

    def flag(self, name: str) -> bool:
        value = self._values.get(name)
        if not isinstance(value, bool):
            raise RaAnswerMalformed
        return value

    def time(self, name: str) -> datetime:
        """``YYYY-MM-DDTHH:MM:SSZ`` → aware, UTC."""
        try:
            return datetime.strptime(self.text(name, longest=20), TIME_FORMAT).replace(tzinfo=UTC)
        except ValueError:
            raise RaAnswerMalformed from None

    def hexadecimal(self, name: str, shortest: int, longest: int) -> bytes:
        """Lower-case hex; the bounds are in bytes."""
        return _hexadecimal(self._values.get(name), shortest, longest)

    def base64(self, name: str, longest: int) -> bytes:
        text = self.text(name, longest=(longest + 2) // 3 * 4)
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise RaAnswerMalformed from None

    def choice(self, name: str, choices: type[Choice]) -> Choice:
        try:
            return choices(self.text(name))
        except ValueError:
            raise RaAnswerMalformed from None

    def child(self, name: str) -> Members:
        return Members(self._values.get(name))

    def children(self, name: str, parse: Callable[[Members], Item]) -> tuple[Item, ...]:
        return tuple(parse(Members(row)) for row in self._rows(name))

    def identifiers(self, name: str) -> tuple[str, ...]:
        return tuple(_identifier(row) for row in self._rows(name))

    def texts(self, name: str, *, longest: int) -> tuple[str, ...]:
        """Texts of several lines each, e.g. PEM."""
        return tuple(_text(row, longest, True) for row in self._rows(name))

    def hexadecimals(self, name: str, shortest: int, longest: int) -> tuple[bytes, ...]:
        return tuple(_hexadecimal(row, shortest, longest) for row in self._rows(name))

    def _rows(self, name: str) -> list[object]:
        rows = self._values.get(name)
        if not isinstance(rows, list) or len(rows) > MOST_ROWS:
            raise RaAnswerMalformed
        return rows


def is_presentable(text: str, *, lines: bool = False) -> bool:
    """Whether every character may be shown as it is."""
    allowed = "\n\t" if lines else ""
    return not any(
        character in OVERRIDES or (character not in allowed and unicodedata.category(character) in HIDDEN)
        for character in text
    )


def _text(value: object, longest: int, lines: bool) -> str:
    if not isinstance(value, str) or len(value) > longest or not is_presentable(value, lines=lines):
        raise RaAnswerMalformed
    return value


def _identifier(value: object) -> str:
    if not isinstance(value, str) or not IDENTIFIER.fullmatch(value):
        raise RaAnswerMalformed
    return value


def _hexadecimal(value: object, shortest: int, longest: int) -> bytes:
    text = value if isinstance(value, str) else ""
    if not re.fullmatch(rf"(?:[0-9a-f]{{2}}){{{shortest},{longest}}}", text, re.ASCII):
        raise RaAnswerMalformed
    return bytes.fromhex(text)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
