"""Words for the window, in the language of the moment. Every widget asks here and asks again when it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from cardtool.errors import CardToolError

LANGUAGES = ("zh_TW", "en")

Value = int | float | str | bool | None


class ErrorWords(Protocol):
    """What a person is told of an error: the four things of spec 1.2."""

    @property
    def code(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def safety(self) -> str: ...
    @property
    def advice(self) -> str: ...


class PageWords(Protocol):
    """A page's title, the sentence below it, its short name in the list of steps."""

    @property
    def title(self) -> str: ...
    @property
    def lead(self) -> str: ...
    @property
    def step(self) -> str: ...


class Words(Protocol):
    """What the window needs of ``cardtool.words``; one object per language."""

    def error(self, error: CardToolError) -> ErrorWords: ...

    def page(self, code: str) -> PageWords: ...

    def act(self, name: str) -> str: ...

    def text(self, key: str, **values: Value) -> str: ...

    def explain(self, code: str) -> ErrorWords | PageWords | None: ...


class Messages(QObject):
    """The words of the present language; ``changed`` when it is another one."""

    changed = Signal()

    def __init__(self, load: Callable[[str], Words], language: str) -> None:
        super().__init__()
        self._load = load
        self._words = load(language)
        self.language = language

    def switch(self, language: str) -> None:
        if language != self.language:
            self.language, self._words = language, self._load(language)
            self.changed.emit()

    @property
    def words(self) -> Words:
        """For what writes a whole text at a time."""
        return self._words

    def text(self, key: str, **values: Value) -> str:
        """The window's own words: ``key`` is looked up below ``ui``."""
        return self._words.text(f"ui.{key}", **values)

    def common(self, key: str, **values: Value) -> str:
        """Words that the terminal uses too, e.g. ``label.account``."""
        return self._words.text(key, **values)

    def error(self, error: CardToolError) -> ErrorWords:
        return self._words.error(error)

    def page(self, code: str) -> PageWords:
        return self._words.page(code)

    def act(self, name: str) -> str:
        return self._words.act(name)

    def explain(self, code: str) -> ErrorWords | PageWords | None:
        """What a code read over the phone means; None if there is no such code."""
        return self._words.explain(code)

    def pick(self, names: Mapping[str, str]) -> str:
        """The RA's own words for the present language, or what there is."""
        return names.get(self.language) or next(iter(names.values()), "")


def sentences(*parts: str) -> str:
    """One after the other. After Han punctuation comes no space: the sign brings its own."""
    joined = ""
    for part in filter(None, parts):
        apart = joined and not joined.endswith(("。", "！", "？", "：", "；"))
        joined += f" {part}" if apart else part
    return joined


def day(moment: date | datetime | None) -> str:
    """YYYY-MM-DD in the computer's zone; empty for none."""
    if moment is None:
        return ""
    local = moment.astimezone() if isinstance(moment, datetime) else moment
    return local.strftime("%Y-%m-%d")


def minute(moment: datetime) -> str:
    """YYYY-MM-DD HH:MM with the zone, as spec 2.3 wants it."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M (UTC%z)")
