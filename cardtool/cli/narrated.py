"""Prompts around prompts that say which page of the wizard is answered: for a tour that nobody types in."""

from __future__ import annotations

from typing import TypeVar

from rich.console import Console

from cardtool.flows.ports import Prompts, Question
from cardtool.words import Words

Answer = TypeVar("Answer")


class Narrated:
    """Implements flows.ports.Prompts."""

    def __init__(self, inner: Prompts, console: Console, words: Words) -> None:
        self._inner = inner
        self._console = console
        self._words = words

    def ask(self, question: Question[Answer]) -> Answer:
        answer = self._inner.ask(question)
        title = self._words.page(question.page).title
        self._console.print(f"  ✓ {title} [dim]{question.page}[/dim]", highlight=False)
        return answer
