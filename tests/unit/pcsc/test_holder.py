"""Names of programs that may hold a card, from a made-up /proc and from the real one."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from cardtool.cards.desk import Desk
from cardtool.errors import CardHeld
from cardtool.pcsc.decorator import ConnectionDecorator
from cardtool.pcsc.holder import candidates
from tests.unit.cards.bench_card import READER, BenchCard

LOADED = "7f00-7f10 r-xp 00000000 08:01 1 /usr/lib/x86_64-linux-gnu/libpcsclite.so.1.0.0\n"


def process(folder: Path, number: int, name: str, maps: str | None) -> None:
    (folder / str(number)).mkdir()
    (folder / str(number) / "comm").write_text(name + "\n")
    if maps is not None:
        (folder / str(number) / "maps").write_text(maps)


def test_programs_with_the_client_library_are_named(tmp_path: Path) -> None:
    process(tmp_path, 10, "scdaemon", LOADED)
    process(tmp_path, 11, "bash", "7f00-7f10 r-xp 00000000 08:01 1 /usr/bin/bash\n")
    process(tmp_path, 12, "secret", None)
    process(tmp_path, 13, "firefox", LOADED)
    process(tmp_path, 14, "firefox", LOADED)
    process(tmp_path, os.getpid(), "cardtool", LOADED)
    (tmp_path / "self").mkdir()
    assert candidates(tmp_path) == ("scdaemon", "firefox")
    assert candidates(tmp_path / "nowhere") == ()


def test_a_crowd_is_cut_short(tmp_path: Path) -> None:
    for number in range(9):
        process(tmp_path, 20 + number, f"program{number}", LOADED)
    assert len(candidates(tmp_path)) == 3


def test_the_real_system_can_be_asked() -> None:
    assert all(isinstance(name, str) for name in candidates())


def test_the_desk_tells_who_it_may_be() -> None:
    bench = BenchCard()
    desk = Desk(bench.hub, wrap=Held, holders=lambda: ("scdaemon", "firefox"), sleep=lambda _seconds: None)
    with pytest.raises(CardHeld) as caught, desk.session(READER):
        pytest.fail("it is held")
    assert caught.value.holder == "scdaemon, firefox"


class Held(ConnectionDecorator):
    def transaction(self) -> AbstractContextManager[None]:
        raise CardHeld(self.reader)
