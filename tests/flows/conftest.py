"""A bench for each test; PIN discipline holds in all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.bench import Bench
from tests.support.fixtures import template
from tests.support.template import Template

__all__ = ["template"]


@pytest.fixture
def unit() -> str:
    """P-256 in 9A, no captcha; ``green``: 9C; ``exchange``: captcha. Override by parametrize."""
    return "blue"


@pytest.fixture
def bench(template: Callable[[str], Template], tmp_path: Path, unit: str) -> Iterator[Bench]:
    bench = Bench(template(unit), tmp_path)
    yield bench
    bench.close()
    bench.check_pin_discipline()
