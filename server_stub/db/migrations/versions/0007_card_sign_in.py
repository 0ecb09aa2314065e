"""Signing in with the card: nonces to sign, and sessions that know which certificate made them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "card_challenges",
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("nonce"),
    )
    op.create_index("ix_card_challenges_expires_at", "card_challenges", ["expires_at"], unique=False)
    op.add_column("sessions", sa.Column("certificate", sa.String(), nullable=True))
