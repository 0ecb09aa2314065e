"""The frozen application does what the one from source does: nothing was forgotten in its folder."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

from bench.frame import Frame
from cardtool import __version__
from cardtool.ra.pac import FROZEN_COMMAND
from devkit import build, bundle, screen

pytestmark = pytest.mark.timeout(400)  # the first test builds

LARGEST = 132.0
"""10^6 bytes."""
COLOURS_OF_HOME = 60
"""The picture of the card is a gradient; a window without its home screen has a handful."""
LONGEST_START = 60.0
DEAR = ("_ctypes", "_multiprocessing", "_ssl", "libcrypto", "libffi", "libQt6Network", "libQt6OpenGL")
"""Libraries whose loading would tell that something heavy is imported into the window's process again."""


def run(computer: dict[str, str], program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [build.program(program), *arguments],
        env=computer,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=180,
        check=False,
    )


def test_it_stays_slim(built: Path) -> None:
    assert build.megabytes(built) <= LARGEST


def test_what_belongs_to_the_system_is_not_in_it(built: Path) -> None:
    for name in ("libpcsclite*", "libfontconfig.*", "libstdc++*", "libgtk*", "libgnutls*"):
        assert not list(built.rglob(name))


def test_python_reads_its_own_modules_from_a_folder(built: Path) -> None:
    assert (built / "_internal" / bundle.LIBRARY).is_dir()
    assert not list(built.rglob("_ctypes.*")), "PyInstaller imports it at each start where it is there"


def test_it_tells_its_version(built: Path, computer: dict[str, str]) -> None:
    told = run(computer, "cardtool", "--version")
    assert (told.returncode, told.stdout, told.stderr) == (0, f"cardtool {__version__}\n", "")


def test_it_evaluates_a_pac_file(built: Path, computer: dict[str, str]) -> None:
    text = "function FindProxyForURL(url, host) { return shExpMatch(host, 'ra.*') ? 'PROXY a:1' : 'DIRECT'; }"
    told = subprocess.run(
        [build.program("cardtool"), FROZEN_COMMAND],
        env={},
        input=json.dumps({"pac": text, "url": "https://ra.test/", "host": "ra.test"}),
        capture_output=True,
        encoding="utf-8",
        timeout=180,
        check=False,
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, '["http://a:1"]', "")


def test_the_ra_tells_its_commands(built: Path, computer: dict[str, str]) -> None:
    told = run(computer, "cardtool-ra", "--help")
    assert (told.returncode, told.stderr) == (0, "")
    assert "serve" in told.stdout


def test_the_ra_makes_a_database(built: Path, computer: dict[str, str], tmp_path: Path) -> None:
    told = run(computer, "cardtool-ra", "migrate", "--data", str(tmp_path))
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
    assert list(tmp_path.glob("*.sqlite*")) or list(tmp_path.glob("*.db"))


@pytest.mark.parametrize("language", ["zh_TW", "en"])
def test_it_does_the_main_job(built: Path, computer: dict[str, str], language: str) -> None:
    """With the frozen RA, which has the frozen personaliser make the practice cards."""
    toured = run(computer, "cardtool", "practice-tour", "--json", "--lang", language)
    assert toured.returncode == 0, toured.stderr
    assert '"verified": true' in toured.stdout.lower()


def test_its_window_opens_and_looks_at_the_ra(built: Path, computer: dict[str, str], tmp_path: Path) -> None:
    with screen.xvfb("-fbdir", str(tmp_path)) as display, (tmp_path / "said").open("w+b") as said:
        frame = Frame(tmp_path)
        window = subprocess.Popen(
            [build.program("cardtool"), "--practice", "--lang", "zh_TW"],
            env=computer | {"DISPLAY": display, "CARDTOOL_HOME": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        try:
            wait_until_home(frame, window, tmp_path)
            loaded = Path(f"/proc/{window.pid}/maps").read_text("utf-8")
        finally:
            window.terminate()
            window.wait(timeout=60)
    assert (tmp_path / "said").read_text("utf-8") == ""
    assert "QtWidgets.abi3.so" in loaded
    assert not [name for name in DEAR if name in loaded]


def wait_until_home(frame: Frame, window: subprocess.Popen[bytes], home: Path) -> None:
    """Until the home screen is drawn and the window has asked the RA something."""
    deadline = time.monotonic() + LONGEST_START
    while frame.colours(COLOURS_OF_HOME) < COLOURS_OF_HOME or not answered(home):
        assert window.poll() is None, "the window closed"
        assert time.monotonic() < deadline, "no home screen"
        time.sleep(0.1)


def answered(home: Path) -> bool:
    return any('"event": "request"' in log.read_text("utf-8") for log in home.rglob("ra.log"))
