"""Paths, settings, and files that are replaced as a whole."""

from __future__ import annotations

import errno
import os
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardtool.atomic import write_atomically
from cardtool.config import (
    HOME_VARIABLE,
    SETTINGS_FILE,
    LogLevel,
    Paths,
    Settings,
    Theme,
    load_settings,
    save_settings,
)
from cardtool.errors import DiskFull, FolderNotWritable

CHOSEN = Settings(
    language="zh_TW",
    ra_url="https://ra.example",
    unit="exchange",
    reader="讀卡機 0",
    log_level=LogLevel.DEBUG,
    theme=Theme.DARK,
    text_size=150,
)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_practice_shares_no_folder_with_the_real_thing(tmp_path: Path) -> None:
    for environment in ({}, {HOME_VARIABLE: str(tmp_path)}):
        real = asdict(Paths.of_user(practice=False, environment=environment))
        practice = asdict(Paths.of_user(practice=True, environment=environment))
        for one in real.values():
            for other in practice.values():
                assert one not in (other, *other.parents)
                assert other not in (one, *one.parents)


def test_home_variable_holds_everything(tmp_path: Path) -> None:
    paths = Paths.of_user(practice=False, environment={HOME_VARIABLE: str(tmp_path)})
    assert all(tmp_path in folder.parents for folder in asdict(paths).values())
    paths.make()
    assert {mode(folder) for folder in asdict(paths).values()} == {0o700}


def test_folders_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("a file in the way")
    with pytest.raises(FolderNotWritable) as caught:
        Paths.of_user(practice=False, environment={HOME_VARIABLE: str(tmp_path)}).make()
    assert caught.value.what == "data"


def test_settings_come_back(tmp_path: Path) -> None:
    save_settings(tmp_path, CHOSEN)
    assert load_settings(tmp_path).settings == CHOSEN
    assert mode(tmp_path / SETTINGS_FILE) == 0o600


def test_no_settings_yet(tmp_path: Path) -> None:
    loaded = load_settings(tmp_path)
    assert loaded.settings == Settings()
    assert not loaded.damaged


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 60_000])
def test_damaged_settings_are_kept_aside(tmp_path: Path, content: bytes) -> None:
    (tmp_path / SETTINGS_FILE).write_bytes(content)
    loaded = load_settings(tmp_path)
    assert loaded.settings == Settings()
    assert loaded.damaged
    assert (tmp_path / "settings.bad").read_bytes() == content
    save_settings(tmp_path, loaded.settings)
    assert not load_settings(tmp_path).damaged


def test_each_member_on_its_own(tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).write_text(
        '{"language": 7, "theme": "pink", "text_size": true, "unit": "exchange", "later": {}}'
    )
    loaded = load_settings(tmp_path)
    assert loaded.settings == Settings(unit="exchange")
    assert not loaded.damaged


@settings(max_examples=50, deadline=None)
@given(content=st.binary(max_size=100))
def test_any_settings_file(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("settings")
    (folder / SETTINGS_FILE).write_bytes(content)
    assert isinstance(load_settings(folder).settings, Settings)


def test_replaced_as_a_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "journal.json"
    write_atomically(path, b"one")
    path.chmod(0o644)
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    assert os.listdir(path.parent) == ["journal.json"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EROFS, FolderNotWritable),
        (errno.EACCES, FolderNotWritable),
    ],
)
def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    number: int,
    expected: type[DiskFull] | type[FolderNotWritable],
) -> None:
    path = tmp_path / "journal.json"
    write_atomically(path, b"old")

    def fail(*_arguments: object) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(expected) as caught:
        write_atomically(path, b"new")
    assert caught.value.what == "journal"
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["journal.json"]
