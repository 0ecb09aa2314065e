"""A folder for each case, and the report of what was survived."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.matrix.report import Report
from tests.support.fixtures import template

__all__ = ["template"]


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """A fresh folder for each case."""
    return lambda: tmp_path_factory.mktemp("case")


@pytest.fixture
def report(pytestconfig: pytest.Config) -> Report:
    return Report(pytestconfig.rootpath / "build" / "matrix")
