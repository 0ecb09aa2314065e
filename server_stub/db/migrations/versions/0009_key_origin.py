"""Where a certificate's key was made, as far as it was proven: of the old ones nothing was"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    origin = sa.Column("key_origin", sa.String(), nullable=False, server_default="not-proven")
    op.add_column("certificates", origin)
