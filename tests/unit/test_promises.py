"""docs/promises.md: every promise names tests, and those are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = [line for line in (ROOT / "docs/promises.md").read_text("utf-8").splitlines() if line.startswith("| ")]
PRINCIPLES = 8


@pytest.mark.parametrize("row", [row for row in ROWS if not row.startswith(("| | promise", "| promise"))])
def test_a_promise_is_proved_by_what_exists(row: str) -> None:
    named = re.findall(r"`((?:tests|bench)/[\w./]+)(?:::(\w+))?`", row)
    assert named, "no test is named"
    for file, test in named:
        assert (ROOT / file).exists(), file
        assert not test or re.search(rf"\bdef {test}\b", (ROOT / file).read_text("utf-8")), f"{file}::{test}"


def test_no_principle_is_left_out() -> None:
    numbers = [int(row.split("|")[1]) for row in ROWS if row.split("|")[1].strip().isdigit()]
    assert numbers == list(range(1, PRINCIPLES + 1))
