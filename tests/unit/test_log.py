"""The log holds events and places, and nothing that anybody typed or any library said."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from cardtool.errors import FolderNotWritable, WrongPin
from cardtool.log import ALLOWED, FILE_NAME, event, start_logging, stop_logging

PLANTED = ("246813", "Sesam-öffne1", "王小明", "eyJhbGciOiJSUzI1NiJ9", "A123456789", "0a1b2c3d4e5f")
log = logging.getLogger("cardtool.test")


@pytest.fixture
def handler(tmp_path: Path) -> Iterator[logging.Handler]:
    levels = {name: logging.getLogger(name).level for name in ("cardtool", "server_stub")}
    started = start_logging(tmp_path, "debug")
    yield started
    stop_logging(started)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def written(folder: Path) -> str:
    return (folder / FILE_NAME).read_text(encoding="utf-8")


def test_an_event(handler: logging.Handler, tmp_path: Path) -> None:
    event(log, "step-done", flow="APC", step="create-key", seconds=3.25, sw=0x9000, slot="9A", code=None)
    line = written(tmp_path)
    expected = "step-done flow=APC step=create-key seconds=3.25 sw=36864 slot=9A code=None"
    assert f"INFO cardtool.test {expected}" in line


def test_file_is_private(handler: logging.Handler, tmp_path: Path) -> None:
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_nothing_planted_gets_in(handler: logging.Handler, tmp_path: Path) -> None:
    for planted in PLANTED:
        log.warning("PIN %s", planted)
        log.warning("PIN " + planted)
        log.warning(planted)
        event(log, planted, step=planted)
        event(log, "typed", **dict.fromkeys(ALLOWED, planted), pin=planted, name=planted)
        log.warning("typed", extra={"data": planted})
        logging.getLogger("urllib3.connectionpool").warning("header %s", planted)
        try:
            raise ValueError(planted)
        except ValueError:
            log.exception("failed with %s", planted)
    text = written(tmp_path)
    assert not [planted for planted in PLANTED if planted in text]
    assert "(text withheld) test_log:" in text
    assert "ValueError" in text


def test_an_exception_is_its_class_code_and_places(handler: logging.Handler, tmp_path: Path) -> None:
    try:
        raise WrongPin(2)
    except WrongPin:
        log.exception("a text")
    assert "WrongPin C201 test_log.py:" in written(tmp_path)


def test_one_event_is_one_line(handler: logging.Handler, tmp_path: Path) -> None:
    event(log, "two\nlines", step="a\nb")
    assert written(tmp_path).count("\n") == 1


def test_libraries_are_heard_from_warning_on(handler: logging.Handler, tmp_path: Path) -> None:
    logging.getLogger("keyring").info("chatter")
    logging.getLogger("keyring").warning("trouble")
    assert written(tmp_path).count("keyring") == 1


def test_level(tmp_path: Path, handler: logging.Handler) -> None:
    logging.getLogger("cardtool").setLevel(logging.ERROR)
    event(log, "quiet")
    assert written(tmp_path) == ""


def test_rotation_stays_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, handler: logging.Handler
) -> None:
    monkeypatch.setattr(handler, "maxBytes", 200)
    for count in range(20):
        event(log, "again", count=count)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == [FILE_NAME, *(f"{FILE_NAME}.{age}" for age in (1, 2, 3))]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_a_full_disk_does_not_stop_the_work(
    handler: logging.Handler, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_record: logging.LogRecord) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(handler, "format", full)
    event(log, "lost")
    assert capsys.readouterr().err == ""


def test_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderNotWritable):
        start_logging(tmp_path / "file")
