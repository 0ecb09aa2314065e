"""What holds for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system.pcscd import pcscd, vpcd_card

__all__ = ["pcscd", "vpcd_card"]

SYSTEM = Path(__file__).parent / "system"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs programs outside Python is marked here, so no test can forget it."""
    for item in items:
        if SYSTEM in item.path.parents or "pcscd" in getattr(item, "fixturenames", ()):
            item.add_marker("system")
