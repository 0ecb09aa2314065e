"""A PKCS #11 token of the tests' own (SoftHSM). One for the process: SoftHSM reads its setting when it is loaded."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from server_stub.custody.private_file import write_private

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN, LABEL = "739164", "cardtool-ra"
NEEDED = pytest.mark.skipif(not MODULE.exists(), reason="needs SoftHSM")


def make(folder: Path) -> None:
    """A fresh token, kept in ``folder``."""
    (folder / "tokens").mkdir()
    setting = folder / "softhsm2.conf"
    setting.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(setting)
    command = [
        "softhsm2-util",
        "--init-token",
        "--free",
        "--label",
        LABEL,
        "--so-pin",
        "12345678",
        "--pin",
        PIN,
    ]
    subprocess.run(command, check=True, capture_output=True)


def write_setting(data: Path, *holds: str) -> None:
    """Have the data folder's keys in the token: ``ca``, ``master``."""
    lines = [f'module = "{MODULE}"', f'token = "{LABEL}"', 'key = "ca"', 'pin_file = "pin"']
    lines += [f"holds = {list(holds)}"] if holds else []
    (data / "token.toml").write_text("\n".join(lines) + "\n")
    write_private(data / "pin", PIN.encode() + b"\n")
