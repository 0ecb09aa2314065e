"""The wiring: which folders, which log, which words, and one way out for every failure."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cardtool.app import World, main
from cardtool.cli.options import Options
from cardtool.config import HOME_VARIABLE, Paths, Settings, save_settings
from cardtool.errors import ArgumentInvalid, CardToolError, FolderNotWritable
from cardtool.log import FILE_NAME
from cardtool.pcsc.virtual.piv import VirtualPivCard
from cardtool.pcsc.virtual.reader import VirtualHub
from cardtool.secret import Secret
from cardtool.words import Words


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    before = list(logging.getLogger().handlers)
    yield tmp_path
    assert logging.getLogger().handlers == before, "the log was left open"


def test_a_command_that_cannot_be_read(capsys: pytest.CaptureFixture[str]):
    assert main(["cards", "--lang", "fr", "--json"]) == 2
    shown = capsys.readouterr()
    assert json.loads(shown.out)["error"]["name"] == "--lang"
    assert "U104" in shown.err


def test_every_command_is_logged_with_its_end_in_a_private_file(home: Path):
    assert main(["explain", "C201"]) == 0
    log = home / "real" / "log" / FILE_NAME
    assert log.stat().st_mode & 0o777 == 0o600
    assert "command-ended act=explain code= exit_status=0 practice=False" in log.read_text("utf-8")


def test_a_failure_is_logged_by_its_code(home: Path):
    assert main(["explain", "X999"]) == 2
    assert "act=explain code=U104 exit_status=2" in (home / "real" / "log" / FILE_NAME).read_text("utf-8")


def test_where_no_log_can_be_written_the_command_says_so(home: Path, capsys: pytest.CaptureFixture[str]):
    (home / "real").write_text("a file where the folder should be")
    assert main(["explain", "C201"]) == 6
    assert "L201" in capsys.readouterr().err


def test_where_no_folder_can_be_made_the_window_says_so(home: Path, monkeypatch: pytest.MonkeyPatch):
    (home / "practice").write_text("a file where the folder should be")
    told: list[tuple[CardToolError, str, bool]] = []

    def refuse(
        error: CardToolError, _load: object, _settings: object, *, language: str, practice: bool
    ) -> int:
        told.append((error, language, practice))
        return error.exit_status

    monkeypatch.setattr("cardtool.ui.run.refuse", refuse)
    assert main(["--practice", "--lang", "en"]) == 6
    ((error, language, practice),) = told
    assert (error.code, language, practice) == ("L201", "en", True)


def test_the_language_of_the_settings_counts_everywhere(home: Path, capsys: pytest.CaptureFixture[str]):
    paths = Paths.of_user(practice=False)
    paths.make()
    save_settings(paths.config, Settings(language="zh_TW"))
    main(["explain", "X999"])
    assert Words("zh_TW").text("error.U104.safety") in capsys.readouterr().err


def test_without_an_ra_it_is_asked_for(capsys: pytest.CaptureFixture[str]):
    assert main(["account", "data", "--lang", "en"]) == 2
    assert "--ra" in capsys.readouterr().err


class TestWorld:
    def world(self, **options: Any) -> World:
        chosen = Options(**options)
        return World(chosen, Settings(unit="exchange"), Paths.of_user(practice=chosen.practice), Words("en"))

    def test_practice_and_real_never_share_a_folder(self):
        real, practice = self.world(), self.world(practice=True)
        tour = self.world(practice=True, command="practice-tour")
        folders = {real.data, practice.data, tour.data}
        assert len(folders) == 3
        assert all(not a.is_relative_to(b) for a in folders for b in folders if a != b)

    def test_the_unit_of_the_command_line_comes_first(self):
        assert self.world().unit == "exchange"
        assert self.world(unit="other").unit == "other"

    def test_an_address_that_is_none_is_refused(self):
        with pytest.raises(ArgumentInvalid):
            _ = self.world(ra="ftp://x").ra


def world_with_card(trace: Path) -> World:
    world = World(Options(trace=str(trace)), Settings(), Paths.of_user(practice=False), Words("en"))
    hub = VirtualHub()
    hub.plug("Reader")
    hub.insert("Reader", VirtualPivCard.create())
    world.hub = hub
    return world


def test_card_traffic_goes_to_the_file_that_was_named_and_no_pin_with_it(tmp_path: Path):
    trace = tmp_path / "trace"
    world = world_with_card(trace)
    world.desk.survey()
    with world.desk.session("Reader") as session:
        session.verify_pin(Secret("123456"))
    with world.raw_card("Reader") as card:
        card.send(bytes.fromhex("00CB3FFF055C035FC102"))
    world.close()
    lines = [json.loads(line) for line in trace.read_text("utf-8").splitlines()]
    assert {"SELECT", "GET DATA", "VERIFY"} <= {line["command"] for line in lines}
    assert "313233343536" not in trace.read_text("utf-8")
    assert trace.stat().st_mode & 0o777 == 0o600


def test_a_trace_that_cannot_be_written_is_told_before_any_card_is_touched(tmp_path: Path):
    world = world_with_card(tmp_path / "missing" / "trace")
    with pytest.raises(FolderNotWritable):
        _ = world.desk
