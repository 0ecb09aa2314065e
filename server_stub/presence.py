"""Says that a data folder is in use: each running server holds a lock of its own in it.

The system drops the locks of a process that dies, so a server that was killed blocks nothing.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

_FOLDER: Final = "running"


@contextmanager
def announced(data: Path) -> Iterator[None]:
    """While a server works on ``data``."""
    folder = data / _FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    path = folder / f"{os.getpid()}-{secrets.token_hex(4)}.lock"
    with FileLock(path):
        yield
    path.unlink(missing_ok=True)


def is_in_use(data: Path) -> bool:
    """Whether any server works on ``data``."""
    return any(_is_held(path) for path in (data / _FOLDER).glob("*.lock"))


def _is_held(path: Path) -> bool:
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
