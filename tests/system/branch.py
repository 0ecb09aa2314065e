"""A demo RA that serves several tests, one after the other, each with people of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.system.acts import Acts
from tests.system.gate import Gate
from tests.system.programs import Office


class Branch:
    """``people``: those who may still apply. ``gate``: what lies between them and a watched RA."""

    def __init__(self, world: Path, folder: Path, *, watched: bool) -> None:
        shutil.copytree(world, folder / "ra")
        self.gate = Gate(Acts()) if watched else None
        self.office = Office(folder / "ra", self.gate.url if self.gate else "")
        if self.gate:
            self.gate.target = self.office.port
        try:
            self.office.start()
        except BaseException:
            self.close()
            raise
        self.people = self.office.people()

    def close(self) -> None:
        self.office.stop()
        if self.gate:
            self.gate.stop()


@contextmanager
def open_branch(world: Path, folder: Path, *, watched: bool) -> Iterator[Branch]:
    """Its audit log must be whole in the end, whatever happened to it."""
    branch = Branch(world, folder, watched=watched)
    try:
        yield branch
        assert "audit log whole" in branch.office.verify_audit()
    finally:
        branch.close()


def first_world(data: Path) -> Path:
    """The demo world as its first start makes it, at rest: a copy of it starts at once."""
    office = Office(data)
    try:
        office.start()
    finally:
        office.stop()
    return data
