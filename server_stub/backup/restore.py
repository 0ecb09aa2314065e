"""``cardtool-ra restore``: an RA as it was when its backup was made.

What happened later is unknown to it, and that is safe: serials are random (126 bits), so none of the lost ones
comes again; OCSP calls them unknown, never good; who asks for the same key again gets a certificate anew. What
was *taken away* later is not safe to forget: sessions and what two officers approved end here, and revocations
come back from the last list that was published (``crl``). A used code to apply counts again: its order has to be
made anew.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import DatabaseError, connect

from cryptography import x509
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server_stub import audit, presence
from server_stub.backup import bundle
from server_stub.backup.bundle import DATABASE, BackupDamaged, Manifest
from server_stub.custody.private_file import sync_folder
from server_stub.db.engine import Database
from server_stub.db.migrate import migrate
from server_stub.db.models import (
    Approval,
    AuditHead,
    Captcha,
    CardChallenge,
    Certificate,
    Meta,
    OfficerSession,
    SignInSession,
)
from server_stub.seals import Notary
from server_stub.standing import HOLD, VERSION


class RestoreRefused(Exception):
    """The message says why; everything is as it was."""


@dataclass(frozen=True)
class Restored:
    """``kept``: where the former folder is now. ``unknown``: listed serials the backup does not know."""

    manifest: Manifest
    revoked: int
    unknown: int
    kept: Path | None


def restore(source: Path, data: Path, *, replace: bool, crl: Path | None = None) -> Restored:
    """Make ``data`` of the backup ``source``. A folder that holds something is kept under another name.

    Raises RestoreRefused, BackupDamaged, AuditBroken, RuntimeError (a newer program made it), OSError.
    """
    _refuse_overwriting(data, replace=replace)
    data.parent.mkdir(parents=True, exist_ok=True)
    draft = data.with_name(f".{data.name}.{secrets.token_hex(4)}.restoring")
    draft.mkdir(mode=0o700)
    try:
        manifest = bundle.unpack(source, draft)
        revoked, unknown = _revive(draft, manifest, _listed(draft, crl) if crl else ())
        _refuse_overwriting(data, replace=replace)  # a server may have started meanwhile
        return Restored(manifest, revoked, unknown, _put_in_place(draft, data))
    finally:
        _remove(draft)


def _refuse_overwriting(data: Path, *, replace: bool) -> None:
    if presence.is_in_use(data):
        raise RestoreRefused("an RA is running on this folder: stop it first")
    if not replace and data.exists() and any(data.iterdir()):
        raise RestoreRefused("the folder is not empty: --replace keeps what is there under another name")


def _revive(folder: Path, manifest: Manifest, listed: Iterable[x509.RevokedCertificate]) -> tuple[int, int]:
    """How many certificates the list changed, and how many of it are not known."""
    _check_database(folder / DATABASE)
    database = Database(f"sqlite:///{folder / DATABASE}")
    try:
        migrate(database)
        with database.session(write=True) as db:
            _check_audit(db, Notary.open(folder), manifest)
            found = _forget_and_remember(db, listed)
            detail: dict[str, audit.Detail] = {"made": manifest.made, "revoked": found.count(True)}
            event = audit.Event(datetime.now(UTC), "command-line", "backup.restored", "", detail)
            audit.append(db, [event])
            db.commit()
    finally:
        database.close()
    return found.count(True), found.count(None)


def _check_audit(db: Session, notary: Notary, manifest: Manifest) -> None:
    head = db.scalars(select(AuditHead.hash)).one_or_none() or ""
    if (notary.verify(db), head) != (manifest.entries, manifest.head):
        raise BackupDamaged("the audit log is another one than the manifest says")


def _forget_and_remember(db: Session, listed: Iterable[x509.RevokedCertificate]) -> list[bool | None]:
    """End what may have been ended since, and revoke what was. The result per entry: see ``_revoke``."""
    for table in (SignInSession, OfficerSession, Captcha, CardChallenge, Approval):
        db.execute(delete(table))
    db.merge(Meta(key=VERSION, value=secrets.token_hex(8)))
    return [_revoke(db.get(Certificate, f"{entry.serial_number:x}"), entry) for entry in listed]


def _check_database(path: Path) -> None:
    try:
        with closing(connect(path)) as connection:
            if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise BackupDamaged("the database is damaged")
    except DatabaseError as error:
        raise BackupDamaged("the database cannot be read") from error


def _listed(folder: Path, path: Path) -> list[x509.RevokedCertificate]:
    """The entries of a list that this CA signed. Raises RestoreRefused."""
    issuing = x509.load_der_x509_certificate((folder / "ca" / "issuing.cer").read_bytes())
    key = issuing.public_key()
    try:
        crl = x509.load_der_x509_crl(path.read_bytes())
        is_ours = crl.is_signature_valid(key)  # type: ignore[arg-type] # a CA key is RSA or EC
    except (ValueError, TypeError) as error:
        raise RestoreRefused("not a revocation list in DER") from error
    if not is_ours:
        raise RestoreRefused("the revocation list is not of this CA")
    return list(crl)


def _revoke(row: Certificate | None, entry: x509.RevokedCertificate) -> bool | None:
    """Whether something changed; None for a certificate made after the backup. What is revoked stays so."""
    if row is None:
        return None
    if row.state == "revoked":
        return False
    reason = _reason(entry)
    state = "on-hold" if reason == HOLD else "revoked"
    if row.state == state:
        return False
    row.state, row.reason, row.revoked_at = state, reason, entry.revocation_date_utc
    return True


def _reason(entry: x509.RevokedCertificate) -> str:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
    except x509.ExtensionNotFound:
        return x509.ReasonFlags.unspecified.value


def _put_in_place(draft: Path, data: Path) -> Path | None:
    kept = None
    if data.exists() and any(data.iterdir()):
        kept = data.with_name(f"{data.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}")
        data.rename(kept)
    elif data.exists():
        data.rmdir()
    draft.rename(data)
    sync_folder(data.parent)
    return kept


def _remove(draft: Path) -> None:
    """What a refused restore leaves: keys, so never to be forgotten."""
    for path in sorted(draft.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    if draft.exists():
        draft.rmdir()
