"""Fuzzing itself, for ``dev.py test --all``: ten minutes for each target (Linux, with atheris)."""

from __future__ import annotations

import pytest

from fuzz.__main__ import NAMES, fuzz

SECONDS = 600


@pytest.mark.long
@pytest.mark.timeout(SECONDS + 300)
@pytest.mark.parametrize("name", NAMES)
def test_ten_minutes_find_nothing(name: str) -> None:
    pytest.importorskip("atheris")
    _name, failed, verdict = fuzz(name, SECONDS)
    assert not failed, verdict
