"""Signs the head of the audit chain from time to time, and checks the whole chain.

A signed head goes into the database and, as one line, into a file of the data folder that only grows: whoever
rewrites the database alone cannot make the file agree.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from server_stub.audit import GENESIS, entry_hash
from server_stub.custody.private_file import made_once
from server_stub.db.models import AuditEntry, AuditHead, AuditSeal
from server_stub.ra import Act, Ra

_KEY_FILE = "audit.key"
_SEALS_FILE = "audit-seals.jsonl"
_BATCH = 1000


class AuditBroken(Exception):
    """``number``: the first entry not to be trusted; ``why``: changed | missing | head | seal | cut."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"audit log broken at entry {number}: {why}")
        self.number = number
        self.why = why


@dataclass(frozen=True)
class Notary:
    """Has the key that signs heads, and the file that remembers them."""

    key: Ed25519PrivateKey
    file: Path

    @classmethod
    def open(cls, data: Path) -> Notary:
        """Read the key in the data folder, or make it on first use. Raises PrivateFileExposed."""
        key = made_once(data / _KEY_FILE, lambda: Ed25519PrivateKey.generate().private_bytes_raw())
        return cls(Ed25519PrivateKey.from_private_bytes(key), data / _SEALS_FILE)

    def seal(self, ra: Ra) -> None:
        """Sign the head, unless that was done. The file comes first: a line too many proves as much.

        Only a head that is on the disk: what is about to be committed may still come to nothing.
        """
        with ra.act(write=False) as act:
            head = act.db.scalars(select(AuditHead)).one_or_none()
        if head is None:
            return
        with ra.act() as act:
            if act.db.get(AuditSeal, head.number) is None:
                self._sign(act, head)

    def _sign(self, act: Act, head: AuditHead) -> None:
        signature = self.key.sign(_text(head.number, head.hash)).hex()
        _append(self.file, json.dumps({"number": head.number, "hash": head.hash, "signature": signature}))
        act.db.add(AuditSeal(number=head.number, time=act.now, hash=head.hash, signature=signature))

    def verify(self, db: Session) -> int:
        """The number of entries, all as they were written. Raises AuditBroken."""
        seals = self._seals(db)
        last = 0, GENESIS
        for last in _chain(db):
            sealed = seals.pop(last[0], None)
            if sealed not in {None, last[1]}:
                raise AuditBroken(last[0], "seal")
        if seals:
            raise AuditBroken(last[0] + 1, "cut")
        head = db.scalars(select(AuditHead)).one_or_none()
        if ((head.number, head.hash) if head else (0, GENESIS)) != last:
            raise AuditBroken(last[0] + 1, "head")
        return last[0]

    def _seals(self, db: Session) -> dict[int, str]:
        """Hash by number of every signed head, of the database and of the file."""
        rows = [(row.number, row.hash, row.signature) for row in db.scalars(select(AuditSeal))]
        lines = self.file.read_text("utf-8").splitlines() if self.file.exists() else []
        rows += [(line["number"], line["hash"], line["signature"]) for line in map(json.loads, lines)]
        for number, digest, signature in rows:
            _check_signature(self.key.public_key(), number, digest, signature)
        return {number: digest for number, digest, _ in rows}


def _chain(db: Session) -> Iterator[tuple[int, str]]:
    """Number and hash of every entry in order, each checked against the one before."""
    previous = GENESIS
    rows = db.scalars(select(AuditEntry).order_by(AuditEntry.number).execution_options(yield_per=_BATCH))
    for expected, entry in enumerate(rows, start=1):
        if entry.number != expected:
            raise AuditBroken(expected, "missing")
        if entry.previous != previous or entry.hash != entry_hash(entry):
            raise AuditBroken(expected, "changed")
        previous = entry.hash
        yield entry.number, entry.hash


def _check_signature(key: Ed25519PublicKey, number: int, digest: str, signature: str) -> None:
    try:
        key.verify(bytes.fromhex(signature), _text(number, digest))
    except InvalidSignature as error:
        raise AuditBroken(number, "seal") from error


def _text(number: int, digest: str) -> bytes:
    return f"cardtool-ra audit head {number} {digest}".encode()


def _append(path: Path, line: str) -> None:
    """The whole line, or nothing where the disk is full."""
    content = line.encode() + b"\n"
    with open(path, "ab", buffering=0, opener=_for_the_owner) as file:
        before = os.fstat(file.fileno()).st_size
        try:
            if file.write(content) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())
        except OSError:
            file.truncate(before)
            raise


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
