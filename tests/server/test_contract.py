"""What others rely on: the paper contract, the written OpenAPI document, the error codes, the tables."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from starlette.testclient import TestClient

from cardtool.errors import all_errors
from server_stub.app import PREFIX
from server_stub.db.engine import Database
from server_stub.db.migrate import HEAD, current_version, migrate
from server_stub.db.models import Base
from server_stub.demo.mark import NotADemoDatabase, prepare
from server_stub.openapi import document
from server_stub.problems import Code

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def openapi() -> dict[str, object]:
    return document()


def test_the_written_openapi_document_is_current(openapi: dict[str, object]) -> None:
    """Written by ``cardtool-ra openapi``."""
    written = json.loads((REPOSITORY / "resources/api/openapi.json").read_text("utf-8"))
    assert written == openapi


def test_paper_and_server_have_the_same_paths(client: TestClient) -> None:
    paper = (REPOSITORY / "docs/ra-api.md").read_text("utf-8")
    told = {
        (method, _shape(path))
        for method, path in re.findall(r"^\| (GET|POST|PUT|DELETE) `(/[^`?]*)", paper, re.MULTILINE)
    }
    served = {
        (method.upper(), _shape(path.removeprefix(PREFIX)))
        for path, operations in client.get("/openapi.json").json()["paths"].items()
        for method in operations
        if path.startswith(PREFIX)
    }
    assert served == told
    for path in client.get("/openapi.json").json()["paths"]:
        assert path.startswith(PREFIX) or path in paper


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def test_codes_and_members_are_those_of_the_client() -> None:
    errors = all_errors()
    for kind in (code.value for code in Code):
        error = errors[kind.code]
        told = set(error.fields) - {"status"}
        assert set(kind.members) == told, kind.code


def test_every_problem_is_described(openapi: dict[str, object]) -> None:
    text = json.dumps(openapi)
    undescribed = {code.value.code for code in Code if f"{code.value.code}: " not in text}
    assert undescribed == {Code.FAULT.value.code}
    assert "HTTPValidationError" not in text


def test_migrations_make_the_tables_of_the_models(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ra.sqlite'}")
    migrate(database)
    assert current_version(database.engine) == HEAD
    migrate(database)
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    database.close()


def test_a_database_of_a_later_version_is_refused(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ra.sqlite'}")
    migrate(database)
    with database.writing_connection() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(RuntimeError):
        migrate(database)
    database.close()


def test_demo_and_earnest_keep_apart(tmp_path: Path) -> None:
    demo, earnest, foreign = (Database(f"sqlite:///{tmp_path / name}") for name in ("a", "b", "c"))
    prepare(demo, demo=True)
    prepare(demo, demo=True)
    with pytest.raises(NotADemoDatabase):
        prepare(demo, demo=False)
    prepare(earnest, demo=False)
    with earnest.writing_connection() as connection:
        connection.exec_driver_sql("INSERT INTO customers VALUES (1, 'u', 'i', 'h', 'e', 'p')")
        connection.exec_driver_sql("INSERT INTO accounts VALUES (1, 'u', 'n', 1, 'x', 0, 'approved')")
    with pytest.raises(NotADemoDatabase):
        prepare(earnest, demo=True)
    with foreign.writing_connection() as connection:
        connection.exec_driver_sql("CREATE TABLE other (id INTEGER)")
    with pytest.raises(NotADemoDatabase):
        prepare(foreign, demo=True)
    for database in (demo, earnest, foreign):
        database.close()
