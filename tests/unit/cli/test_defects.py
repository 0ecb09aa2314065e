"""A fault of our own: its class and place go to the log, its text nowhere."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from cardtool.cli.commands import COMMANDS
from cardtool.log import FILE_NAME, start_logging, stop_logging
from tests.unit.cli.world import Front

SECRET = "s3cret-246813"


def fails(_job: object) -> dict[str, object]:
    pin = SECRET
    raise KeyError(f"the PIN is {pin}")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    handler = start_logging(tmp_path)
    yield tmp_path / FILE_NAME
    stop_logging(handler)


def test_its_class_is_for_scripts_and_the_log_alone(front: Front, log: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(COMMANDS, "cards", fails)
    person, script = front.run("cards"), front.run("cards --json")
    assert (person.status, script.status) == (6, 6)
    assert "L901" in person.err
    assert "KeyError" not in person.err + person.out
    assert script.json["error"]["what"] == "KeyError"
    written = log.read_text("utf-8")
    assert "defect what=KeyError" in written
    assert "test_defects.py" in written
    assert "command-ended act=cards code=L901 exit_status=6" in written
    for text in (person.err, person.out, script.err, script.out, written):
        assert SECRET not in text
        assert "Traceback" not in text


def test_without_a_log_nothing_is_printed_either(tmp_path: Path):
    """Python would print an error that no handler takes, text and all."""
    program = f"""
        import logging, threading
        import cardtool.log as log
        log.log_uncaught()
        def fail():
            raise ValueError("{SECRET}")
        thread = threading.Thread(target=fail); thread.start(); thread.join()
        logging.getLogger("cardtool.x").error("defect", exc_info=ValueError("{SECRET}"))
        fail()
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stdout + ended.stderr == ""


def test_what_nobody_caught_is_logged_without_its_text(tmp_path: Path):
    program = f"""
        from pathlib import Path
        import cardtool.log as log
        log.log_uncaught()
        log.start_logging(Path({str(tmp_path)!r}))
        raise ValueError("{SECRET}")
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, check=False)
    written = (tmp_path / FILE_NAME).read_text("utf-8")
    assert "ValueError" in written
    assert SECRET not in written
