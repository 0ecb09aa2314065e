"""The frozen application, built once, and a clean computer to run it on: no Python, a home of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from devkit import build

FROM_HERE = ("PATH", "DISPLAY", "TMPDIR", "SYSTEMROOT")


@pytest.fixture(scope="session")
def built() -> Path:
    """``dist/cardtool``."""
    assert build.main([]) == 0
    return build.FOLDER


@pytest.fixture(scope="session")
def computer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment variables of a person who has nothing but the built folder."""
    home = tmp_path_factory.mktemp("home")
    kept = {name: os.environ[name] for name in FROM_HERE if name in os.environ}
    own = dict.fromkeys(("HOME", "CARDTOOL_HOME", "XDG_RUNTIME_DIR"), str(home))
    return kept | own | {"LANG": "C.UTF-8"}
