"""The virtual environment ``.venv``: exactly what requirements.lock says, verified by hash.

A stamp beside it says which lock it was made from, so that a second start does nothing and needs no network.
Package indexes are never named here: pip and uv take those of the machine.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from devkit import ROOT, SetupError, machine

VENV = ROOT / ".venv"
STAMP = VENV / "made-from"
LOCK = ROOT / "requirements.lock"
PROGRAMS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = PROGRAMS / ("python.exe" if os.name == "nt" else "python")
SYSTEM_PYTHON = Path("/usr/bin/python3")
# uv (the newer and the older name): a company's own root certificates count, as they do for pip.
TRUST_AS_THE_SYSTEM = {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
EDITABLE = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]


def ensure() -> None:
    """Make ``.venv`` what the lock says; return at once where it is already. Raises SetupError."""
    if is_ready():
        return
    print("Preparing the Python environment (once, about a minute)", flush=True)
    STAMP.unlink(missing_ok=True)
    fill(base_python())
    STAMP.write_text(wanted(), "ascii")


def is_ready() -> bool:
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text("ascii") == wanted()


def packages() -> list[str]:
    """System packages that ``ensure`` is going to need: none when the environment is ready."""
    return [] if is_ready() else [*machine.BUILD, *python_packages(base_python())]


def wanted() -> str:
    """Hash of the lock, of pyproject.toml (it names our programs) and of the place (they hold it)."""
    digest = hashlib.sha256(str(ROOT).encode())
    for path in (LOCK, ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def base_python() -> str:
    """The system's own Python where it is new enough, else the one that runs this."""
    if SYSTEM_PYTHON.exists() and (3, 11) <= version(str(SYSTEM_PYTHON)) <= (3, 14):
        return str(SYSTEM_PYTHON)
    return str(getattr(sys, "_base_executable", sys.executable))


def version(python: str) -> tuple[int, int]:
    shown = subprocess.run(
        [python, "-c", "import sys; print(*sys.version_info[:2])"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    major, minor = map(int, shown.stdout.split())
    return major, minor


def python_packages(python: str) -> list[str]:
    """Debian splits venv and the C headers off its Python; any other Python brings its own."""
    if not python.startswith("/usr/bin/"):
        return []
    name = "python{}.{}".format(*version(python))
    return [f"{name}-venv", f"{name}-dev"]


def fill(base: str) -> None:
    """Create or renew the environment with uv where it is there, else with venv and pip."""
    uv = shutil.which("uv")
    clear = ["--clear"] if VENV.exists() and not made_with(version(base)) else []
    if uv:
        for_this = ["--quiet", "--python", str(PYTHON)]
        if clear or not PYTHON.exists():
            call([uv, "venv", "--quiet", *clear, "--python", base, str(VENV)])
        call([uv, "pip", "sync", *for_this, "--require-hashes", "--compile-bytecode", str(LOCK)])
        call([uv, "pip", "install", *for_this, *EDITABLE])
    else:
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        call([base, "-m", "venv", *clear, str(VENV)])
        call([*pip, "--require-hashes", "--requirement", str(LOCK)])
        call([*pip, *EDITABLE])


def made_with(wanted_version: tuple[int, int]) -> bool:
    """Whether ``.venv`` belongs to that version of Python, by its own note (``version = 3.11.2``)."""
    note = VENV / "pyvenv.cfg"
    found = (
        re.search(r"^version(?:_info)?\s*=\s*(\d+)\.(\d+)", note.read_text("utf-8"), re.M)
        if note.exists()
        else None
    )
    return found is not None and (int(found[1]), int(found[2])) == wanted_version


def call(command: Sequence[str]) -> None:
    if subprocess.call(command, stdin=subprocess.DEVNULL, env={**TRUST_AS_THE_SYSTEM, **os.environ}) != 0:
        raise SetupError(f"This did not work (its own words are above):\n  {' '.join(command)}")


def lock(further: Sequence[str]) -> int:
    """Resolve pyproject.toml for every system and write requirements.lock; ``further``: e.g. --upgrade."""
    uv = shutil.which("uv")
    if uv is None:
        raise SetupError("Locking needs uv: install it (for example: pipx install uv), then try again.")
    command = (
        "pip compile --quiet --universal --generate-hashes --no-annotate --python-version 3.11 --group dev"
    )
    call([uv, *command.split(), "pyproject.toml", "-o", LOCK.name, *further])
    return 0
