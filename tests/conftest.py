"""What holds for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

SYSTEM = Path(__file__).parent / "system"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in tests/system needs programs outside Python, so no test there can forget its mark."""
    for item in items:
        if SYSTEM in item.path.parents:
            item.add_marker("system")
