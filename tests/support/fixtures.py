"""Fixtures that flows and fault matrix share; imported by their conftest files."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.template import Template, make_template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Template]:
    """A unit's template, made when it is first asked for."""
    made: dict[str, Template] = {}

    def of_unit(unit: str) -> Template:
        if unit not in made:
            made[unit] = make_template(tmp_path_factory.mktemp("template"), unit)
        return made[unit]

    return of_unit
