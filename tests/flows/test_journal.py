"""The journal holds a hint, survives anything, and never holds more than it should."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardtool.flows.journal import MOST_ENTRIES, Entry, Journal

ENTRY = Entry(flow="APC", account="A1", unit="exchange", order="o1", step="create-key")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.json"


def test_an_entry_is_found_again_by_another_program_start(path: Path):
    Journal(path).note(ENTRY)
    assert Journal(path).find("APC", "exchange", "A1") == ENTRY
    assert Journal(path).find("APC", "exchange", "A2") is None


def test_noting_the_same_flow_replaces_its_entry_and_closing_removes_it(path: Path):
    journal = Journal(path)
    journal.note(ENTRY)
    journal.note(Entry(flow="APC", account="A1", unit="exchange", order="o1", step="write"))
    assert [entry.step for entry in journal.entries()] == ["write"]
    journal.close(ENTRY)
    assert journal.entries() == ()


def test_closing_what_is_not_there_writes_nothing(path: Path):
    Journal(path).close(ENTRY)
    assert not path.exists()


def test_the_file_is_for_its_owner_alone(path: Path):
    Journal(path).note(ENTRY)
    assert path.stat().st_mode & 0o777 == 0o600


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.recursive(st.none() | st.text(max_size=5) | st.integers(), st.lists).map(
            lambda value: json.dumps({"entries": value}).encode()
        ),
    )
)
def test_a_damaged_journal_counts_as_empty_and_can_be_written_again(path: Path, damage: bytes):
    path.write_bytes(damage)
    journal = Journal(path)
    journal.note(ENTRY)
    assert ENTRY in journal.entries()


def test_the_number_of_entries_is_bounded(path: Path):
    journal = Journal(path)
    for number in range(MOST_ENTRIES + 5):
        journal.note(Entry(flow="APC", account=f"A{number}", unit="exchange"))
    assert len(journal.entries()) == MOST_ENTRIES
    assert journal.find("APC", "exchange", f"A{MOST_ENTRIES + 4}") is not None
