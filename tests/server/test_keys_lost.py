"""A key that was lost is told, never silently replaced: cards and seals depend on the old one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from server_stub.app import open_ra
from server_stub.ca.authority import AuthorityMismatch
from server_stub.custody.master import MasterKeyUnreadable
from server_stub.settings import Settings


@pytest.fixture
def used(settings: Settings) -> Settings:
    """An RA in which something has happened."""
    ra = open_ra(settings)
    with ra.act("test") as act:
        act.record("test", "test")
    ra.close()
    return settings


def _drop(name: str) -> Callable[[Path], None]:
    return lambda data: (data / name).unlink()


@pytest.mark.parametrize(
    ("name", "error"),
    [("master.key", MasterKeyUnreadable), ("tag.key", FileNotFoundError), ("ca", AuthorityMismatch)],
)
def test_nothing_is_made_anew(used: Settings, name: str, error: type[Exception]) -> None:
    _drop(name)(used.data)
    with pytest.raises(error):
        open_ra(used)
    assert not (used.data / name).exists()


def test_before_anything_happened_a_first_start_may_be_repeated(settings: Settings) -> None:
    open_ra(settings).close()
    (settings.data / "master.key").unlink()
    open_ra(settings).close()
    assert (settings.data / "master.key").exists()
