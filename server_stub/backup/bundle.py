"""The file of a backup: a tar archive, first its manifest (JSON), then what the manifest lists by SHA-256.

The manifest tells a damaged or shortened copy, not a forged one: whoever may write the file has the CA's keys
anyway. So the file has mode 0600 and belongs where those keys may be.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Final

from server_stub.custody.private_file import sync_folder

DATABASE: Final = "ra.sqlite"
SEALS: Final = "audit-seals.jsonl"
# Made by the RA itself; whatever else a file claims to hold is not written anywhere.
_MEMBER: Final = re.compile(
    r"ra\.sqlite|audit-seals\.jsonl|(master|tag|audit)\.key|token\.toml|(ca|tls)/[A-Za-z0-9_-][A-Za-z0-9_.-]*"
)
_MANIFEST: Final = "manifest.json"
_FORMAT: Final = "cardtool-ra backup 1"
_LARGEST_MANIFEST: Final = 1 << 20
_CHUNK: Final = 1 << 20


class BackupDamaged(Exception):
    """The message says what is wrong. Nothing was restored."""


@dataclass(frozen=True)
class Manifest:
    """``made``: UTC, ISO 8601. ``files``: SHA-256 (hex) by name. ``units``: names of the unit files in use."""

    made: str
    entries: int
    head: str
    units: tuple[str, ...]
    files: Mapping[str, str]
    format: str = _FORMAT


def is_member(name: str) -> bool:
    return _MEMBER.fullmatch(name) is not None


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(target: Path, folder: Path, manifest: Manifest) -> None:
    """Pack ``folder`` into ``target``, whole or not at all. Raises FileExistsError."""
    if target.exists():
        raise FileExistsError(target)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            _pack(file, folder, manifest)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def _pack(file: IO[bytes], folder: Path, manifest: Manifest) -> None:
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        text = json.dumps(asdict(manifest), indent=1).encode() + b"\n"
        archive.addfile(_entry(_MANIFEST, len(text)), BytesIO(text))
        for name in manifest.files:
            with (folder / name).open("rb") as content:
                archive.addfile(_entry(name, (folder / name).stat().st_size), content)


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def unpack(source: Path, folder: Path) -> Manifest:
    """Everything of ``source`` into the empty ``folder``, checked. Raises BackupDamaged, OSError."""
    try:
        with tarfile.open(source, mode="r:") as archive:
            manifest = _manifest(archive)
            for name, expected in manifest.files.items():
                _extract(archive, name, expected, folder / name)
    except (tarfile.TarError, EOFError) as error:
        raise BackupDamaged("not a whole backup file") from error
    return manifest


def _manifest(archive: tarfile.TarFile) -> Manifest:
    first = archive.next()
    if first is None or first.name != _MANIFEST or first.size > _LARGEST_MANIFEST:
        raise BackupDamaged("no manifest")
    try:
        document = json.loads(_open(archive, first).read())
        manifest = Manifest(**{**document, "units": tuple(document["units"])})
    except (ValueError, TypeError, KeyError) as error:
        raise BackupDamaged("the manifest cannot be read") from error
    if manifest.format != _FORMAT or DATABASE not in manifest.files:
        raise BackupDamaged("not a backup this program knows")
    return manifest


def _extract(archive: tarfile.TarFile, name: str, expected: str, target: Path) -> None:
    if not is_member(name):
        raise BackupDamaged(f"an unknown file: {name}")
    try:
        source = _open(archive, archive.getmember(name))
    except KeyError as error:
        raise BackupDamaged(f"missing: {name}") from error
    target.parent.mkdir(exist_ok=True, mode=0o700)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with source, os.fdopen(handle, "wb") as file:
        sha256 = hashlib.sha256()
        while chunk := source.read(_CHUNK):
            sha256.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if sha256.hexdigest() != expected:
        raise BackupDamaged(f"changed: {name}")


def _open(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    content = archive.extractfile(entry) if entry.isreg() else None
    if content is None:
        raise BackupDamaged(f"not a file: {entry.name}")
    return content
