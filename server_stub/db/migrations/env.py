"""Run by alembic: uses the connection handed in by db.migrate, whose owner commits."""

from __future__ import annotations

from alembic import context

from server_stub.db.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transaction_per_migration=False,
    render_as_batch=True,
)
context.run_migrations()
