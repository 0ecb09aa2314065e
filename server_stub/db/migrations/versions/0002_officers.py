"""Officers; stored answers belong to them as well; revoked certificates are found quickly"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_officers()
    _create_officer_sessions()
    _widen_stored_answers()
    op.create_index("ix_certificates_revoked_at", "certificates", ["revoked_at"], unique=False)


def _create_officers() -> None:
    op.create_table(
        "officers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("roles", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("sealed_totp", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )


def _create_officer_sessions() -> None:
    op.create_table(
        "officer_sessions",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["officer_id"], ["officers.id"]),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("ix_officer_sessions_officer_id", "officer_sessions", ["officer_id"], unique=False)
    op.create_index("ix_officer_sessions_expires_at", "officer_sessions", ["expires_at"], unique=False)


def _widen_stored_answers() -> None:
    """The key's type changes: a new table takes the rows over (nothing refers to them)."""
    op.create_table(
        "answers_by_owner",
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("sealed_body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "key"),
    )
    op.execute(
        "INSERT INTO answers_by_owner SELECT CAST(account_id AS VARCHAR), key, request_hash, status,"
        " sealed_body, created_at FROM stored_answers"
    )
    op.drop_table("stored_answers")
    op.rename_table("answers_by_owner", "stored_answers")
    op.create_index("ix_stored_answers_created_at", "stored_answers", ["created_at"], unique=False)
