"""Replace a file as a whole: after any crash there is the old content or the new, never a part of it."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from cardtool.errors import ComputerError, DiskFull, FolderNotWritable

NO_SPACE = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def write_atomically(path: Path, content: bytes, *, what: str = "") -> None:
    """Write ``content`` to ``path``, readable by its owner only; the folder is made (0700) if missing.

    ``what`` names the use of the file for DiskFull and FolderNotWritable; by default the file's stem.
    """
    try:
        make_private_folder(path.parent)
        _write(path, content)
    except OSError as error:
        raise storage_error(error, what or path.stem) from None


def make_private_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def storage_error(error: OSError, what: str) -> ComputerError:
    """What an OSError while writing means to a person. ``what`` never is a path."""
    return DiskFull(what) if error.errno in NO_SPACE else FolderNotWritable(what)


def _write(path: Path, content: bytes) -> None:
    import tempfile  # noqa: PLC0415 - it brings archives and randomness, and most starts write nothing

    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600 by itself
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name durable. Windows cannot open folders and needs no such thing."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
