"""Files that only the RA's own user may read: CA keys and the master key.

On POSIX the mode is 0600 and checked again at every read. On Windows a file inherits the access list of its
folder, which has to be the service user's own.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

_OWNER_ONLY = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class PrivateFileExposed(Exception):
    """Someone else may read (or has replaced) the file; its content counts as lost until an officer looks."""


def write_private(path: Path, data: bytes) -> None:
    """Write the whole file or nothing, durably: a power cut leaves either the old or the new content."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), _OWNER_ONLY)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def read_private(path: Path) -> bytes:
    """The content. Raises PrivateFileExposed when group or others have any right to it (POSIX)."""
    with path.open("rb") as file:
        if os.name == "posix" and os.fstat(file.fileno()).st_mode & _OTHERS:
            raise PrivateFileExposed(path.name)
        return file.read()


def made_once(path: Path, make: Callable[[], bytes]) -> bytes:
    """The content, made when there is none. Several workers may start at once. Raises PrivateFileExposed."""
    with FileLock(path.with_name(f"{path.name}.lock")):
        if not path.exists():
            write_private(path, make())
    return read_private(path)


def sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` durable (POSIX; Windows does not offer it for folders)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
