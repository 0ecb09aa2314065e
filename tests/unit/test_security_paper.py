"""docs/security.md names only what exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAPER = (ROOT / "docs/security.md").read_text("utf-8")


def test_every_file_named_exists() -> None:
    named = set(re.findall(r"`((?:cardtool|server_stub|tests|docs)/[\w./]+)`", PAPER))

    assert len(named) > 30
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_every_row_is_whole() -> None:
    rows = [line for line in PAPER.splitlines() if line.startswith("| ")]

    assert {row.count("|") for row in rows} == {7}
    assert [row for row in rows if "||" in row.replace(" ", "")] == []
