"""Brings the database to the current tables. Alembic, slow to load, comes only when it is needed."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, inspect, text

from server_stub.db.engine import Database

HEAD = "0009"
_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Apply the missing migrations. Raises RuntimeError for a database newer than this program."""
    if current_version(database.engine) != HEAD:
        _upgrade(database)


def current_version(engine: Engine) -> str | None:
    if not inspect(engine).has_table("alembic_version"):
        return None
    with engine.connect() as connection:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(database: Database) -> None:
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    with database.migrating_connection() as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise RuntimeError("the database is of a version this program does not know") from error
