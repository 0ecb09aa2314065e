"""The practice world: one program at a time, ended with its program, told and renewed when damaged.

Starting a world starts a real RA; the first start makes it, so one is made and each test works on a copy.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from cardtool.errors import (
    AlreadyRunning,
    ArgumentInvalid,
    CardFileUnreadable,
    FolderNotWritable,
    PracticeNotReady,
)
from cardtool.practice import READER, PracticeWorld

Make = Callable[[], PracticeWorld]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("practice") / "world"
    world = PracticeWorld(folder)
    world.start()
    world.stop()
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """With a port of its own: tests run side by side."""
    copy = shutil.copytree(made, tmp_path / "world")
    (copy / "demo.json").unlink()
    return copy


@pytest.fixture(scope="module")
def world(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeWorld]:
    """For tests that leave it as it was."""
    world = PracticeWorld(shutil.copytree(made, tmp_path_factory.mktemp("shared") / "world"))
    world.start()
    yield world
    world.stop()


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/health", timeout=20).ok
    except requests.ConnectionError:
        return False


def ends(url: str, seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while answers(url):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_it_starts_serves_stops_and_is_found_again_where_it_was(folder: Path):
    """Sessions and roots are kept by the RA's address."""
    world = PracticeWorld(folder)
    world.start()
    url = world.ra_url
    assert answers(url)
    world.stop()
    world.stop()
    assert not answers(url)
    world.start()
    try:
        assert world.ra_url == url
    finally:
        world.stop()


def test_where_another_program_took_the_port_it_takes_another(folder: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (folder / "demo.json").write_text(f'{{"ra": "http://127.0.0.1:{port}"}}')
        world = PracticeWorld(folder)
        world.start()
        try:
            assert urlsplit(world.ra_url).port != port
            assert answers(world.ra_url)
        finally:
            world.stop()


def test_a_second_program_is_told(world: PracticeWorld):
    with pytest.raises(AlreadyRunning):
        PracticeWorld(world.folder).start()
    with pytest.raises(AlreadyRunning):
        PracticeWorld(world.folder).renew()
    assert answers(world.ra_url)


class TestPeople:
    def test_the_first_who_may_apply_and_then_always_the_same(self, world: PracticeWorld):
        first = world.person()
        assert first.state == "19"
        other = next(known for known in world.accounts if known.account != first.account)
        assert world.person(other.account) == other
        assert world.person() == other
        (world.folder / "person").write_bytes(b"\xff nobody")
        assert world.person() == first

    def test_one_whose_password_nobody_knows_any_more(
        self, world: PracticeWorld, monkeypatch: pytest.MonkeyPatch
    ):
        """The table leaves out who changed the site password; the card is there still."""
        first = world.person()
        others = [row for row in world._demo["accounts"] if row["account"] != first.account]
        monkeypatch.setitem(world._demo, "accounts", others)
        assert world.person(first.account).cards == first.cards
        assert world.person().account == first.account

    def test_nobody_of_that_name_or_unit(self, world: PracticeWorld):
        with pytest.raises(ArgumentInvalid):
            world.person("nobody")
        with pytest.raises(ArgumentInvalid):
            world.person(unit="nowhere")

    def test_their_cards_lie_in_one_reader_at_a_time(self, world: PracticeWorld):
        name = world.person().cards[0]
        world.insert(name)
        world.insert(name, 2)
        assert [card for _, card in world.inserted()] == ["", name]
        world.pull(f"{READER} 2")
        with pytest.raises(ArgumentInvalid):
            world.insert("no such card")


class TestDamaged:
    def test_it_is_told_and_can_be_renewed(self, folder: Path):
        (folder / "ra" / "ra.sqlite").write_bytes(b"garbage")
        (folder / "journal.json").write_text("{}")
        world = PracticeWorld(folder)
        with pytest.raises(PracticeNotReady):
            PracticeWorld(folder).start()
        with pytest.raises(PracticeNotReady):
            world.start()
        world.renew()
        try:
            assert answers(world.ra_url)
            assert world.people()
            assert not (folder / "journal.json").exists()
        finally:
            world.stop()

    def test_a_damaged_card_is_told(self, world: PracticeWorld):
        name = next(name for name in world.card_names() if name not in world.person().cards)
        Path(world._demo["cards"][name]["state_file"]).write_text("{")
        with pytest.raises(CardFileUnreadable):
            world.insert(name)

    def test_a_folder_that_cannot_be(self, tmp_path: Path):
        (tmp_path / "file").write_text("")
        with pytest.raises(FolderNotWritable):
            PracticeWorld(tmp_path / "file" / "world").start()


def test_the_ra_ends_with_its_program_even_a_killed_one(folder: Path):
    program = f"""
        import time
        from pathlib import Path
        from cardtool.practice import PracticeWorld
        world = PracticeWorld(Path({str(folder)!r}))
        world.start()
        print(world.ra_url, flush=True)
        time.sleep(60)
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    with child.stdout:
        url = child.stdout.readline().strip()
        assert answers(url)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    assert ends(url), "the RA outlived its program"
