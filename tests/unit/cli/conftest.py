"""A person's command line, before a bench of readers, cards and an RA."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.bench import Bench
from tests.support.fixtures import template
from tests.support.template import Template
from tests.unit.cli.world import Front

__all__ = ["template"]


@pytest.fixture
def bench(template: Callable[[str], Template], tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(template("blue"), tmp_path)
    yield bench
    bench.close()


@pytest.fixture
def front(bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Front:
    return Front(bench, monkeypatch, capsys)
