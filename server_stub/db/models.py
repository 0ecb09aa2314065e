"""Every table of the RA. Times are whole seconds since 1970 (UTC), identifiers random hex."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.sql.elements import TextClause


class Moment(TypeDecorator[datetime]):
    """An aware UTC time, kept as an integer: the same on every database, and sortable."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        return None if value is None else int(value.timestamp())

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value, UTC)


def _unique_where(name: str, column: str, condition: TextClause) -> Index:
    return Index(name, column, unique=True, sqlite_where=condition, postgresql_where=condition)


def _where_set(table: str, column: str) -> Index:
    """For a column that few rows have; SQLite looks for IS NOT NULL in no other index."""
    condition = text(f"{column} IS NOT NULL")
    return Index(f"ix_{table}_{column}", column, sqlite_where=condition, postgresql_where=condition)


def _with_state(table: str, column: str, state: str = "state") -> Index:
    """To count by state as well, without a look at the rows. By state alone nothing should be looked for."""
    return Index(f"ix_{table}_{column}_{state}", column, state)


class Base(DeclarativeBase):
    type_annotation_map = {datetime: Moment, bytes: LargeBinary, str: String}  # noqa: RUF012 (SQLAlchemy's own form)


class Meta(Base):
    """Single values: the demo clock's offset, the mark of a demo database."""

    __tablename__ = "meta"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    unit: Mapped[str]
    identifier: Mapped[str] = mapped_column(index=True)
    holder: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str]
    __table_args__ = (UniqueConstraint("unit", "identifier"),)


class Account(Base):
    """``registration`` is pending, approved, used or rejected. Suspension is in SignInCounter."""

    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(primary_key=True)
    unit: Mapped[str]
    name: Mapped[str]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    password_hash: Mapped[str]
    must_change_password: Mapped[bool]
    registration: Mapped[str]
    customer: Mapped[Customer] = relationship(lazy="joined")
    __table_args__ = (UniqueConstraint("unit", "name"),)


class SignInCounter(Base):
    """Consecutive wrong passwords by keyed hash of unit and name, so unknown accounts count alike."""

    __tablename__ = "sign_in_counters"
    tag: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    suspended: Mapped[bool]
    touched_at: Mapped[datetime] = mapped_column(index=True)


class SignInSession(Base):
    """``token_hash`` is SHA-256 of the bearer token; the token itself is never stored.

    ``certificate``: the serial of the one that signed in, for a session made by the card.
    """

    __tablename__ = "sessions"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    certificate: Mapped[str | None]
    account: Mapped[Account] = relationship(lazy="joined")


class CardChallenge(Base):
    """A nonce to sign in with, good once. ``tag``: keyed hash of unit and identifier, whether that exists or not."""

    __tablename__ = "card_challenges"
    nonce: Mapped[str] = mapped_column(primary_key=True)
    tag: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Captcha(Base):
    __tablename__ = "captchas"
    id: Mapped[str] = mapped_column(primary_key=True)
    unit: Mapped[str]
    answer_tag: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Rate(Base):
    """Attempts counted in a fixed window; ``key`` is a keyed hash of account or address."""

    __tablename__ = "rates"
    key: Mapped[str] = mapped_column(primary_key=True)
    window: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    count: Mapped[int]


class StoredAnswer(Base):
    """What a mutation answered, sealed, for the same Idempotency-Key to get again.

    ``owner`` is an account's id, or ``officer-`` and an officer's.
    """

    __tablename__ = "stored_answers"
    owner: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int]
    sealed_body: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(index=True)


class Card(Base):
    """``status`` is blank, active or retired. ``verification_key`` is the 9E SubjectPublicKeyInfo (DER)."""

    __tablename__ = "cards"
    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    label: Mapped[str]
    status: Mapped[str]
    admin_algorithm: Mapped[str]
    master_version: Mapped[int]
    puk_number: Mapped[int]
    verification_key: Mapped[bytes | None]
    key_fingerprint: Mapped[str | None] = mapped_column(unique=True)
    vendor_serial: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (_with_state("cards", "account_id", "status"),)


class CardGuid(Base):
    """Every CHUID GUID a card was known by, oldest first."""

    __tablename__ = "card_guids"
    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[str] = mapped_column(ForeignKey("cards.id"), index=True)
    guid: Mapped[str] = mapped_column(index=True)
    seen_at: Mapped[datetime]


class Verification(Base):
    """A nonce for the card to sign; ``state`` is open, verified or used."""

    __tablename__ = "verifications"
    id: Mapped[str] = mapped_column(primary_key=True)
    card_id: Mapped[str] = mapped_column(ForeignKey("cards.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    purpose: Mapped[str]
    nonce: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)


_OPEN: TextClause = text("state IN ('created', 'reserved', 'authorised', 'issued')")
_OPEN_FILE: TextClause = text("card_id IS NULL AND state IN ('created', 'reserved', 'authorised', 'issued')")
_NOT_IN_VAIN: TextClause = text("state NOT IN ('rejected', 'cancelled', 'expired')")


class Order(Base):
    """Without ``card_id``, the key is in a file. ``renews``: the serial of the certificate this one follows.

    ``download_until``: staff let the customer have the certificate again until then.
    """

    __tablename__ = "orders"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    unit: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    card_id: Mapped[str | None] = mapped_column(ForeignKey("cards.id"), index=True)
    slot_hint: Mapped[str]
    key_algorithm: Mapped[str]
    subject: Mapped[str]
    terms_version: Mapped[str]
    terms_sha256: Mapped[str]
    created_at: Mapped[datetime]
    deadline: Mapped[datetime]
    renews: Mapped[str | None]
    download_until: Mapped[datetime | None]
    account: Mapped[Account] = relationship()
    __table_args__ = (
        _with_state("orders", "account_id"),
        _where_set("orders", "renews"),
        _unique_where("one_open_order_per_card", "card_id", _OPEN),
        _unique_where("one_open_file_order_per_account", "account_id", _OPEN_FILE),
        _unique_where("one_successor_per_certificate", "renews", _NOT_IN_VAIN),
    )


_LIVE: TextClause = text("state IN ('intended', 'valid', 'on-hold')")
_LIVE_9E: TextClause = text("profile = 'card-verification' AND state IN ('intended', 'valid', 'on-hold')")


class Certificate(Base):
    """``state``: intended (has a serial, no signature), valid, on-hold, revoked, abandoned (never left).

    ``key_origin``: attested (the card proved that it made the key) or not-proven.
    """

    __tablename__ = "certificates"
    serial: Mapped[str] = mapped_column(primary_key=True)
    profile: Mapped[str]
    state: Mapped[str]
    card_id: Mapped[str | None] = mapped_column(ForeignKey("cards.id"), index=True)
    order_id: Mapped[str | None] = mapped_column(ForeignKey("orders.id"))
    key_fingerprint: Mapped[str] = mapped_column(index=True)
    public_key: Mapped[bytes]
    not_before: Mapped[datetime]
    not_after: Mapped[datetime]
    pem: Mapped[str | None] = mapped_column(Text)
    revoked_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    key_origin: Mapped[str] = mapped_column(server_default="not-proven")
    __table_args__ = (
        _with_state("certificates", "order_id"),
        _where_set("certificates", "revoked_at"),
        _unique_where("one_live_certificate_per_order", "order_id", _LIVE),
        _unique_where("one_live_verification_certificate_per_card", "card_id", _LIVE_9E),
    )


_COUNTS: TextClause = text("state IN ('intended', 'uncertain', 'reserved', 'captured')")


class Debit(Base):
    """Money for an order, known to the bank under ``reference``. ``state``: of server_stub.fees.State.

    ``order_id``: the order it pays for now; credit keeps the abandoned one's until another uses it up. ``is_pending``:
    the bank has still to be asked, or told. ``sealed_number``: the bank account's, until the bank has answered.
    ``deadline``: of credit.
    """

    __tablename__ = "debits"
    reference: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    state: Mapped[str] = mapped_column(index=True)
    is_pending: Mapped[bool] = mapped_column(index=True)
    amount: Mapped[int]
    currency: Mapped[str]
    kind: Mapped[str]
    masked: Mapped[str]
    sealed_number: Mapped[bytes | None]
    reason: Mapped[str | None]
    deadline: Mapped[datetime | None]
    created_at: Mapped[datetime]
    touched_at: Mapped[datetime]
    __table_args__ = (_unique_where("one_debit_per_order", "order_id", _COUNTS),)


class PracticeDebit(Base):
    """The books of the practice bank, by our reference. ``state``: of server_stub.bank.Held."""

    __tablename__ = "practice_bank"
    reference: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]


class EnrolmentCode(Base):
    """The newest one-time code of an account. ``tag`` is its keyed hash; the code stands on paper only."""

    __tablename__ = "enrolment_codes"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    tag: Mapped[str]
    tries_left: Mapped[int]
    is_used: Mapped[bool]
    expires_at: Mapped[datetime]


class CmcTransaction(Base):
    """What a CMC request has used up: its transaction and its sender's nonce, per signing certificate."""

    __tablename__ = "cmc_transactions"
    serial: Mapped[str] = mapped_column(primary_key=True)
    transaction: Mapped[str] = mapped_column(primary_key=True)
    nonce: Mapped[str]
    used_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("serial", "nonce"),)


class Relay(Base):
    """One mutual authentication with a card; ``state`` is open, witnessed, done or void."""

    __tablename__ = "relays"
    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"))
    card_id: Mapped[str] = mapped_column(ForeignKey("cards.id"), index=True)
    state: Mapped[str]
    sealed_challenge: Mapped[bytes | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Officer(Base):
    """``roles``: names of server_stub.officers.Role, separated by spaces. ``last_step``: of the last code used."""

    __tablename__ = "officers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    roles: Mapped[str]
    password_hash: Mapped[str]
    sealed_totp: Mapped[bytes]
    last_step: Mapped[int] = mapped_column(BigInteger)


class Approval(Base):
    """``kind``: pin-reset. ``state``: of server_stub.approvals.State; officers by name, as in the audit log."""

    __tablename__ = "approvals"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    card_id: Mapped[str] = mapped_column(ForeignKey("cards.id"), index=True)
    form: Mapped[str]
    state: Mapped[str]
    requested_by: Mapped[str]
    decided_by: Mapped[str | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class OfficerSession(Base):
    """``token_hash`` is SHA-256 of the bearer token."""

    __tablename__ = "officer_sessions"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officers.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    officer: Mapped[Officer] = relationship(lazy="joined")


class AuditEntry(Base):
    __tablename__ = "audit"
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    time: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[str] = mapped_column(Text)
    previous: Mapped[str]
    hash: Mapped[str]


class AuditHead(Base):
    """One row: the last entry. Locked by whoever appends, so the chain never forks."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str]


class AuditSeal(Base):
    """The chain's head, signed."""

    __tablename__ = "audit_seals"
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    time: Mapped[datetime]
    hash: Mapped[str]
    signature: Mapped[str]


class Fault(Base):
    """A practice fault still to happen ``remaining`` times."""

    __tablename__ = "faults"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    remaining: Mapped[int]
