"""The support report: what is in it, what can never be, and the code that is read over the phone."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardtool.errors import FolderNotWritable
from cardtool.log import BACKSTAGE_FILE, FILE_NAME, event, start_logging, stop_logging
from cardtool.report import LOG_LINES, Facts, Report, log_tail, make_report, read_spoken_code, spoken_code
from cardtool.words import LANGUAGES, Words

FACTS = Facts("APC-4", "C101", "Windows", "0.1", "zh_TW", practice=True)

some_facts = st.builds(
    Facts,
    page=st.from_regex(r"[A-Z]{3}-[1-9]|HOME|", fullmatch=True),
    error=st.from_regex(r"[CRLPU][0-9]{3}|", fullmatch=True),
    system=st.sampled_from(["", "Linux", "Windows", "Darwin"]),
    version=st.builds("{}.{}".format, st.integers(0, 7), st.integers(0, 63)),
    language=st.sampled_from(LANGUAGES),
    practice=st.booleans(),
)


@given(some_facts)
def test_a_code_tells_the_facts_again(facts: Facts) -> None:
    assert read_spoken_code(spoken_code(facts)) == facts


@given(some_facts, st.integers(0, 11), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_one_wrong_sign_is_noticed(facts: Facts, place: int, sign: str) -> None:
    signs = spoken_code(facts).replace("-", "")
    altered = signs[:place] + sign + signs[place + 1 :]
    assert altered == signs or read_spoken_code(altered) is None


@given(some_facts, st.integers(0, 10))
def test_two_signs_that_changed_places_are_noticed(facts: Facts, place: int) -> None:
    signs = spoken_code(facts).replace("-", "")
    swapped = signs[:place] + signs[place + 1] + signs[place] + signs[place + 2 :]
    assert swapped == signs or read_spoken_code(swapped) is None


def test_signs_that_look_alike_are_one() -> None:
    code = spoken_code(FACTS)
    typed = code.lower().replace("0", "o").replace("1", "l").replace("-", " ")
    assert read_spoken_code(typed) == FACTS


@pytest.mark.parametrize("typed", ["", "APC-4", "C101", "U" * 12, "0" * 13])
def test_what_is_no_code(typed: str) -> None:
    assert read_spoken_code(typed) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_saved_is_what_was_shown(language: str, tmp_path: Path) -> None:
    words = Words(language, strict=True)
    report = Report(FACTS, datetime(2026, 11, 21, 4, 5, tzinfo=UTC), "6.1 x86_64", ("one", "two"))
    report.save(tmp_path / "報告.txt", words)
    text = (tmp_path / "報告.txt").read_text("utf-8")
    assert text == report.text(words)
    assert "APC-4 " + words.page("APC-4").title in text
    assert spoken_code(FACTS) in text
    assert text.endswith("one\ntwo\n")


def test_a_folder_that_takes_nothing_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderNotWritable):
        make_report(FACTS, tmp_path).save(tmp_path / "file" / "report.txt", Words("en"))


def test_the_log_is_in_it_without_what_was_withheld(tmp_path: Path) -> None:
    handler = start_logging(tmp_path)
    log = logging.getLogger("cardtool.test")
    event(log, "step-done", step="write", code="C101")
    log.warning("PIN %s of 範例用戶", "135790")
    stop_logging(handler)
    text = make_report(FACTS, tmp_path).text(Words("en"))
    assert "step-done step=write code=C101" in text
    assert "135790" not in text
    assert "範例用戶" not in text


def test_only_the_end_of_a_long_log(tmp_path: Path) -> None:
    (tmp_path / "cardtool.log").write_text("".join(f"line {number}\n" for number in range(20_000)), "utf-8")
    lines = log_tail(tmp_path)
    assert len(lines) == LOG_LINES
    assert lines[-1] == "line 19999"


def test_no_log_is_no_obstacle(tmp_path: Path) -> None:
    assert log_tail(tmp_path) == ()


def test_window_and_backstage_are_told_in_the_order_of_time(tmp_path: Path) -> None:
    for name, seconds in ((FILE_NAME, (1, 4)), (BACKSTAGE_FILE, (2, 3))):
        lines = [f"2026-11-20T03:12:0{second}.000Z INFO cardtool said count={second}\n" for second in seconds]
        (tmp_path / name).write_text("".join(lines), "utf-8")
    assert [line[-1] for line in log_tail(tmp_path)] == ["1", "2", "3", "4"]
