"""Keys may be in files; an order may renew a certificate; CMC transactions are used once"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OPEN_FILE = sa.text("card_id IS NULL AND state IN ('created', 'reserved', 'authorised', 'issued')")
_NOT_IN_VAIN = sa.text("state NOT IN ('rejected', 'cancelled', 'expired')")


def upgrade() -> None:
    with op.batch_alter_table("orders") as orders:
        orders.alter_column("card_id", existing_type=sa.String(), nullable=True)
        orders.add_column(sa.Column("renews", sa.String(), nullable=True))
    with op.batch_alter_table("certificates") as certificates:
        certificates.alter_column("card_id", existing_type=sa.String(), nullable=True)
    _unique_where("one_open_file_order_per_account", "account_id", _OPEN_FILE)
    _unique_where("one_successor_per_certificate", "renews", _NOT_IN_VAIN)
    _create_cmc_transactions()


def _unique_where(name: str, column: str, condition: sa.TextClause) -> None:
    op.create_index(name, "orders", [column], unique=True, sqlite_where=condition, postgresql_where=condition)


def _create_cmc_transactions() -> None:
    op.create_table(
        "cmc_transactions",
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("transaction", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("serial", "transaction"),
        sa.UniqueConstraint("serial", "nonce"),
    )
