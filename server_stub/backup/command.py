"""The commands ``cardtool-ra backup`` and ``restore``: what they tell the operator."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from server_stub.backup import make
from server_stub.backup import restore as restoring
from server_stub.backup.bundle import BackupDamaged, Manifest
from server_stub.backup.make import BackupRefused
from server_stub.backup.restore import RestoreRefused
from server_stub.ca.key_places import SETTING
from server_stub.custody.private_file import PrivateFileExposed
from server_stub.seals import AuditBroken
from server_stub.settings import Settings


class Failed(Exception):
    """The message says why."""


def backup(options: Namespace, data: Path) -> str:
    """Raises Failed."""
    settings = Settings(data=data, url="", database=options.db, extra_units=tuple(options.units))
    try:
        path, manifest = make.backup(settings, options.target)
    except (BackupRefused, AuditBroken) as error:
        raise Failed(str(error)) from error
    except (PrivateFileExposed, OSError) as error:
        raise Failed(f"{type(error).__name__}: {error}") from error
    return (
        f"{path}\naudit log whole: {manifest.entries} entries."
        f" The file holds the RA's keys: keep it as you keep them.\n{_elsewhere(manifest)}"
    )


def restore(options: Namespace, data: Path) -> str:
    """Raises Failed."""
    if options.db:
        raise Failed("a backup holds the embedded database: restore PostgreSQL with pg_restore")
    try:
        done = restoring.restore(options.source, data, replace=options.replace, crl=options.crl)
    except (RestoreRefused, BackupDamaged, AuditBroken, RuntimeError) as error:
        raise Failed(str(error)) from error
    except OSError as error:
        raise Failed(f"{type(error).__name__}: {error}") from error
    lines = [f"restored as of {done.manifest.made}; audit log whole: {done.manifest.entries} entries"]
    if options.crl:
        lines.append(
            f"from the revocation list: {done.revoked} taken over, {done.unknown} issued after the backup"
        )
    else:
        lines.append("what was revoked after the backup counts again: give the last list with --crl")
    lines += [f"what was there before: {done.kept}"] if done.kept else []
    lines.append(f"unit files then: {', '.join(done.manifest.units)}")
    return "\n".join(lines) + "\n" + _elsewhere(done.manifest)


def _elsewhere(manifest: Manifest) -> str:
    """What the RA needs and the file does not hold."""
    if SETTING not in manifest.files:
        return ""
    return "Not in it: the token that token.toml names, and its PIN. An RA is made of both only.\n"
