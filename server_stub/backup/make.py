"""``cardtool-ra backup``: a copy of one moment, taken while the RA goes on working.

The order makes it consistent. Signed audit heads are copied before the database, for each is of an entry that
was committed before it; the master key after, for versions are only added, and rows name only what exists.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import make_url, select

from server_stub.backup import bundle
from server_stub.backup.bundle import DATABASE, SEALS, Manifest
from server_stub.ca import attestation_roots
from server_stub.custody.private_file import read_private, write_private
from server_stub.db.engine import Database
from server_stub.db.models import AuditHead
from server_stub.policy.load import BUNDLED
from server_stub.seals import Notary
from server_stub.settings import Settings

_KEYS: Final = ("master.key", "tag.key", "audit.key")
_SETTING: Final = "token.toml"  # names the token that has the CA's keys; the PIN is elsewhere
_FOLDERS: Final = ("ca", "tls", attestation_roots.FOLDER)
_MANUAL: Final = (
    "only the embedded database is copied by this command: copy audit-seals.jsonl first, then run pg_dump,"
    " then copy master.key, tag.key, audit.key, token.toml, ca, tls and attestation-roots (docs/ra-operation.md)"
)


class BackupRefused(Exception):
    """The message says why nothing was copied."""


def backup(settings: Settings, target: Path) -> tuple[Path, Manifest]:
    """The new file, mode 0600; a folder gets one named after the time.

    Raises BackupRefused, AuditBroken, FileExistsError, PrivateFileExposed, OSError.
    """
    database = _database_file(settings)
    made = datetime.now(UTC)
    if target.is_dir():
        target = target / f"cardtool-ra-{made:%Y%m%dT%H%M%SZ}.tar"
    if target.exists():
        raise FileExistsError(target)
    with TemporaryDirectory(
        prefix=".backup-", dir=settings.data
    ) as name:  # mode 0700, where the keys are anyway
        folder = Path(name)
        _copy(settings.data, database, folder)
        manifest = _describe(folder, made, _unit_files(settings.extra_units))
        bundle.write(target, folder, manifest)
    return target, manifest


def _database_file(settings: Settings) -> Path:
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite":
        raise BackupRefused(_MANUAL)
    file = Path(url.database or "")
    if not file.is_file():
        raise BackupRefused("there is no RA here")
    return file


def _copy(data: Path, database: Path, folder: Path) -> None:
    if (data / SEALS).exists():
        shutil.copyfile(data / SEALS, folder / SEALS)
    snapshot(database, folder / DATABASE)
    for name in _KEYS:
        if (data / name).exists():
            write_private(folder / name, read_private(data / name))
    if (data / _SETTING).exists():
        write_private(folder / _SETTING, (data / _SETTING).read_bytes())
    for name in _FOLDERS:
        _copy_folder(data / name, folder / name)


def _copy_folder(source: Path, target: Path) -> None:
    if not source.is_dir():
        return
    target.mkdir(mode=0o700)
    for path in sorted(source.iterdir()):
        if path.is_file() and bundle.is_member(f"{source.name}/{path.name}") and path.suffix != ".lock":
            write_private(target / path.name, path.read_bytes())


def snapshot(source: Path, target: Path) -> None:
    """SQLite's online backup in one step: in WAL mode one reader more, which holds up no writer."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o600))
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as living,
        closing(sqlite3.connect(target)) as copy,
    ):
        living.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it


def _describe(folder: Path, made: datetime, units: tuple[str, ...]) -> Manifest:
    """The copy is proved before it is packed: a broken chain is told now, not when it is needed."""
    database = Database(f"sqlite:///{folder / DATABASE}")
    try:
        with database.session(write=False) as db:
            entries = Notary.open(folder).verify(db)
            head = db.scalars(select(AuditHead.hash)).one_or_none()
    finally:
        database.close()
    files = {
        path.relative_to(folder).as_posix(): bundle.digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and bundle.is_member(path.relative_to(folder).as_posix())
    }
    return Manifest(made.isoformat(timespec="seconds"), entries, head or "", units, files)


def _unit_files(extra: Sequence[Path]) -> tuple[str, ...]:
    return tuple(path.name for folder in (BUNDLED, *extra) for path in sorted(folder.glob("*.toml")))
