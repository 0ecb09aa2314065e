"""The RA's collaborators in one place, and the act: one transaction with its time, author and audit trail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.x509 import Certificate
from sqlalchemy import select
from sqlalchemy.orm import Session

from server_stub import audit
from server_stub.bank import Bank
from server_stub.ca import attestation_roots
from server_stub.ca.authority import Authority
from server_stub.ca.crl import KeptList
from server_stub.ca.delegate import Delegate
from server_stub.ca.key_places import places_of
from server_stub.ca.responder import Responder
from server_stub.clock import Clock
from server_stub.custody.master import MasterKey
from server_stub.db.engine import Database
from server_stub.db.models import AuditHead
from server_stub.keys import TagKey
from server_stub.policy.load import BUNDLED, Policy, load_policies
from server_stub.problems import Code, Problem
from server_stub.settings import Settings

ANONYMOUS = "anonymous"
MASTER_KEY = "master.key"


@dataclass(frozen=True)
class Act:
    """One transaction: what happens in it bears the same time, and is recorded with it or not at all."""

    ra: Ra
    db: Session
    now: datetime
    actor: str
    events: list[audit.Event] = field(default_factory=list)

    def record(self, action: str, subject: str, **detail: audit.Detail) -> None:
        """Append to the audit log, in this transaction. Never a secret."""
        self.events.append(audit.Event(self.now, self.actor, action, subject, detail))

    def commit(self) -> None:
        """End the transaction: what was done and what was recorded are there from now on."""
        if self.events:
            audit.append(self.db, self.events)
        self.db.commit()


@dataclass(frozen=True)
class Ra:
    settings: Settings
    database: Database
    clock: Clock
    tags: TagKey
    authority: Authority
    master: MasterKey
    policies: Mapping[str, Policy]
    responder: Responder
    cmc_signer: Delegate
    bank: Bank
    attestation_roots: tuple[Certificate, ...] = ()
    kept_list: KeptList = field(default_factory=KeptList)

    @classmethod
    def open(cls, settings: Settings, database: Database, bank: Bank) -> Ra:
        """Open the data folder. The database is migrated already.

        Keys are made on first use only: once the database tells of any act, a key that is missing was lost,
        and a new one in its place would hide that. Raises AuthorityMismatch, MasterKeyUnreadable,
        FileNotFoundError, PrivateFileExposed, BadTokenSetting, TokenUnavailable, BadAttestationRoot.
        """
        is_new = not _has_acted(database)
        places = places_of(settings.data)
        authority = Authority.open(
            settings.data / "ca",
            name=settings.name,
            practice=settings.demo,
            url=settings.pki_url,
            create=is_new,
            keys=places.keys,
        )
        authority.configure_urls(settings.pki_url)
        services = settings.data / "services"
        return cls(
            settings=settings,
            database=database,
            clock=Clock(adjustable=settings.demo),
            tags=TagKey.open(settings.data / "tag.key", create=is_new),
            authority=authority,
            master=MasterKey.open(settings.data / MASTER_KEY, sealing=places.sealing, create=is_new),
            policies=load_policies([BUNDLED, *settings.extra_units]),
            responder=Responder(
                Delegate(services / "ocsp.pem", authority, "ocsp-responder"), authority.chain[0]
            ),
            cmc_signer=Delegate(services / "cmc.pem", authority, "cmc-signer"),
            bank=bank,
            attestation_roots=attestation_roots.load_roots(
                settings.data / attestation_roots.FOLDER, practice=settings.demo
            ),
        )

    @contextmanager
    def act(self, actor: str = ANONYMOUS, *, write: bool = True) -> Iterator[Act]:
        """A transaction: committed at the end, rolled back on exceptions except a Problem that says keep."""
        with self.database.session(write=write) as db:
            act = Act(self, db, self.clock.now(db), actor)
            try:
                yield act
            except Problem as problem:
                if problem.keep:
                    act.commit()
                raise
            act.commit()

    def policy(self, unit: str) -> Policy:
        """Raises Problem UNIT_UNKNOWN."""
        if unit not in self.policies:
            raise Problem(Code.UNIT_UNKNOWN, unit=unit)
        return self.policies[unit]

    def close(self) -> None:
        self.database.close()


def _has_acted(database: Database) -> bool:
    with database.session(write=False) as db:
        return db.scalars(select(AuditHead.number)).first() is not None
