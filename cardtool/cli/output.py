"""What a command answers: one JSON object on stdout with --json, else lines a person reads."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cardtool.errors import CardToolError
from cardtool.words import Words

Json = dict[str, object]
WARNINGS = "warnings"
"""The member of an answer that makes the exit status 1: names of what was not quite done."""


def print_json(value: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n")


def print_facts(console: Console, words: Words, facts: Mapping[str, object]) -> None:
    """Two columns; the names are labels of the words catalogue."""
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        shown = words.text("cli.yes" if value else "cli.no") if isinstance(value, bool) else str(value)
        table.add_row(f"[dim]{words.text(f'label.{name}')}[/dim]", escape(shown))
    console.print(table)


def error_json(words: Words, error: CardToolError) -> Json:
    said = words.error(error)
    return {
        "error": {
            "code": error.code,
            **error.data(),
            "title": said.title,
            "safety": said.safety,
            "advice": said.advice,
        }
    }
