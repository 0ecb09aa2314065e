"""The state file of a software card: versioned JSON, one owner at a time, replaced atomically.

``{"format": "cardtool-virtual-card", "version": 1, "kind": "piv", "card": {…}}``; what ``card`` holds is the
business of the kind. Mode 0600, because anyone who reads the file has the card.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from cardtool.errors import (
    AlreadyRunning,
    ArgumentInvalid,
    CardFileUnreadable,
    ComputerError,
    DiskFull,
    FolderNotWritable,
)

FORMAT = "cardtool-virtual-card"
VERSION = 1
WARNING = "Simulated card. PIN, PUK and private keys are unprotected: never use it for a real key."
_USE = "virtual card"

Json = dict[str, Any]


class StateFile:
    """A state file held by this process. The lock lies beside it (``.lock``) and is never deleted."""

    def __init__(self, path: Path, lock: FileLock) -> None:
        self._path = path
        self._lock = lock

    @classmethod
    def create(cls, path: Path, text: str) -> StateFile:
        """Raises ArgumentInvalid (there is such a file), AlreadyRunning, FolderNotWritable, DiskFull."""
        file = cls(path, _lock(path))
        try:
            if path.exists():
                raise ArgumentInvalid("state")
            file.write(text)
        except OSError as error:
            file.close()
            raise _computer_error(error) from error
        except ArgumentInvalid:
            file.close()
            raise
        return file

    @classmethod
    def open(cls, path: Path) -> StateFile:
        """Raises AlreadyRunning, CardFileUnreadable (no such file)."""
        if not path.is_file():
            raise CardFileUnreadable("missing")
        return cls(path, _lock(path))

    def close(self) -> None:
        self._lock.release()

    def write(self, text: str) -> None:
        """Replace the content; on return it is on disk. Raises OSError, and then the former content stays."""
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(self._path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(self._path.parent)


def read(path: Path) -> str:
    """The content of a state file, without locking it. Raises CardFileUnreadable."""
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise CardFileUnreadable("missing") from None
    except (OSError, UnicodeDecodeError):
        raise CardFileUnreadable("content") from None


def encode(kind: str, card: Json) -> str:
    head = {"format": FORMAT, "version": VERSION, "kind": kind, "warning": WARNING}
    return json.dumps(head | {"card": card}, indent=1) + "\n"


def kind_in(text: str) -> str:
    """Which kind of card a state file holds. Raises CardFileUnreadable."""
    whole = _whole(text)
    kind = whole.get("kind") if isinstance(whole, dict) else None
    if not isinstance(kind, str):
        raise CardFileUnreadable("kind")
    return kind


def decode(kind: str, text: str) -> Json:
    """The ``card`` part. Raises CardFileUnreadable, whose ``what`` names the first thing that is wrong."""
    whole = _whole(text)
    for name, value in {"format": FORMAT, "version": VERSION, "kind": kind}.items():
        if not isinstance(whole, dict) or whole.get(name) != value:
            raise CardFileUnreadable(name)
    card = whole.get("card")
    if not isinstance(card, dict):
        raise CardFileUnreadable("content")
    return card


def _whole(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise CardFileUnreadable("json") from None


def _lock(path: Path) -> FileLock:
    # The thread that lets go of a card is seldom the one that took it.
    lock = FileLock(path.with_name(path.name + ".lock"), timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise AlreadyRunning from None
    except OSError as error:
        raise _computer_error(error) from error
    return lock


def _computer_error(error: OSError) -> ComputerError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return DiskFull(_USE) if full else FolderNotWritable(_USE)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable. Windows opens no folders, and keeps renames in its own journal."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
