"""The frozen application: ``dist/cardtool/``, one folder that runs without Python installed."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from devkit import ROOT, environment, screen

DIST = ROOT / "dist"
FOLDER = DIST / "cardtool"
WORK = ROOT / "build" / "frozen"
LOG = WORK / "pyinstaller.log"


def main(arguments: Sequence[str]) -> int:
    if arguments:
        print("usage: dev.py build")
        return 2
    WORK.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    print("Building (about a minute)", flush=True)
    status = freeze()
    if status != 0:
        print(f"PyInstaller failed; its last words (all of them: {LOG}):\n{last_lines(LOG)}")
        return status
    print(f"{FOLDER}: {megabytes(FOLDER):.0f} MB in {time.monotonic() - began:.0f} s")
    return 0


def freeze() -> int:
    command = [str(environment.PYTHON), "-m", "PyInstaller", "build.spec", "--noconfirm", "--clean"]
    places = ["--distpath", str(DIST), "--workpath", str(WORK)]
    with LOG.open("wb") as log:
        return subprocess.call(
            [*command, *places],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def program(name: str) -> Path:
    """The built program of that name."""
    return FOLDER / (f"{name}.exe" if screen.WINDOWS else name)


def megabytes(folder: Path) -> float:
    """10^6 bytes, each file counted once."""
    files = (Path(where, name) for where, _, names in os.walk(folder) for name in names)
    return sum(path.lstat().st_size for path in files) / 1e6


def last_lines(path: Path, count: int = 20) -> str:
    return "\n".join(path.read_text("utf-8", errors="replace").splitlines()[-count:])
