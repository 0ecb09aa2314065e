"""What was looked for row by row: tests/server/test_query_plans.py has the questions"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_NEW = (("accounts", "customer_id"), ("customers", "identifier"), ("sign_in_counters", "touched_at"))
_WITH_STATE = (
    ("cards", "account_id", "status"),
    ("certificates", "order_id", "state"),
    ("orders", "account_id", "state"),
)


def upgrade() -> None:
    for table, column in _NEW:
        op.create_index(f"ix_{table}_{column}", table, [column], unique=False)
    for table, column, state in _WITH_STATE:
        op.drop_index(f"ix_{table}_{column}", table)
        op.create_index(f"ix_{table}_{column}_{state}", table, [column, state], unique=False)
    op.drop_index("ix_certificates_revoked_at", "certificates")
    _create_where_set("certificates", "revoked_at")
    _create_where_set("orders", "renews")


def _create_where_set(table: str, column: str) -> None:
    condition = sa.text(f"{column} IS NOT NULL")
    op.create_index(
        f"ix_{table}_{column}",
        table,
        [column],
        unique=False,
        sqlite_where=condition,
        postgresql_where=condition,
    )
