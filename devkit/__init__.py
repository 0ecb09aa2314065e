"""The work around the program: set-up, tests, checks.

Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class SetupError(Exception):
    """The set-up cannot go on; the text tells the person what to do."""


def quietly(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run ``command`` from the top folder; what it says is kept, not shown, and it is asked nothing."""
    return subprocess.run(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
