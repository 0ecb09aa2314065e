"""A trace in a private file, and a card made of it."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from cardtool.cards.desk import Desk
from cardtool.cards.piv.session import PivSession
from cardtool.cards.reading import read_overview
from cardtool.errors import CardRemoved, FolderNotWritable
from cardtool.pcsc.replay import ReplayMismatch
from cardtool.pcsc.tracefile import replay_of_trace, tracing
from tests.unit.cards.bench_card import BenchCard


def test_only_the_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    path.touch(mode=0o644)
    bench = BenchCard()
    for _ in range(2):
        with tracing(path) as wrap:
            Desk(bench.hub, wrap=wrap).survey()
    assert len(path.read_text().splitlines()) == 18
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_folder_no_trace(tmp_path: Path) -> None:
    with pytest.raises(FolderNotWritable), tracing(tmp_path / "none" / "trace"):
        pytest.fail("nothing to write to")


def test_a_recorded_overview_is_played_again(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    bench = BenchCard()
    with tracing(path) as wrap:
        [seen] = Desk(bench.hub, wrap=wrap).survey()
    card = replay_of_trace(path.read_text().splitlines(), atr=bench.card.atr)
    session = PivSession(card)
    session.select()
    assert read_overview(session) == replace(seen, reader=card.reader, serial=0), (
        "a serial number is withheld"
    )
    card.finish()


def test_errors_and_mismatches() -> None:
    lines = [
        json.dumps({"command": "SELECT", "header": "00A40400", "sent": 15, "received": 0, "error": "C101"})
    ]
    with pytest.raises(CardRemoved):
        PivSession(replay_of_trace(lines)).select()
    with pytest.raises(ReplayMismatch):
        PivSession(replay_of_trace(lines)).pin_status()
    with pytest.raises(ReplayMismatch):
        replay_of_trace(lines).finish()


@pytest.mark.parametrize(
    "line", ["{", "[]", "1", '{"header": "00"}', '{"header": "XX", "sent": 1}', '{"header": 1}']
)
def test_lines_that_are_no_trace(line: str) -> None:
    with pytest.raises(ReplayMismatch):
        replay_of_trace([line])
