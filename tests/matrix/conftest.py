"""Templates once per session, and the report of what was survived."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.matrix.report import Report
from tests.matrix.template import Template, make_template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Template]:
    made: dict[str, Template] = {}

    def of_unit(unit: str) -> Template:
        if unit not in made:
            made[unit] = make_template(tmp_path_factory.mktemp("template"), unit)
        return made[unit]

    return of_unit


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """A fresh folder for each case."""
    return lambda: tmp_path_factory.mktemp("case")


@pytest.fixture
def report(pytestconfig: pytest.Config) -> Report:
    return Report(pytestconfig.rootpath / "build" / "matrix")
