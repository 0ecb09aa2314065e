"""The real application for walks, each with a practice world of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from cardtool.app import wire
from cardtool.cli.options import parse_window
from tests.ui.walks.gaps import Gap, report
from tests.ui.walks.hands import Hands, Keyboard, Mouse
from tests.ui.walks.running import Running

Start = Callable[..., Running]

FIGURES = pytest.StashKey[dict[str, Sequence[Gap]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = {}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[FIGURES]:
        terminalreporter.section("largest gap of a 5 ms timer in the window's thread, by walk")
        for line in report(config.stash[FIGURES]):
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def first_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A practice world as its first start makes it; a copy of it starts at once."""
    home = tmp_path_factory.mktemp("first") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARDTOOL_HOME", str(home))
        with wire(parse_window(["--practice"])) as world:
            assert world.practice.people()
    return home


@pytest.fixture
def home(first_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copied = shutil.copytree(first_home, tmp_path / "home")
    monkeypatch.setenv("CARDTOOL_HOME", str(copied))
    # No walk may find, or leave, a session in the keyring of whoever runs the tests.
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return copied


@pytest.fixture
def start(qapp: QApplication, home: Path, request: pytest.FixtureRequest) -> Iterator[Start]:
    """``start(hands=Mouse(), language="zh_TW", *arguments)`` → Running, closed at the end of the test."""
    running: list[Running] = []

    def begin(hands: Hands | None = None, language: str = "zh_TW", *arguments: str) -> Running:
        for one in running:
            one.close()
        running.append(Running(qapp, hands or Mouse(), language, *(arguments or ("--practice",))))
        return running[-1]

    yield begin
    for number, one in enumerate(running):
        if not one.is_closed:
            name = request.node.name + (f" {number + 1}" if number else "")
            request.config.stash[FIGURES][name] = one.close()


@pytest.fixture(params=[Mouse, Keyboard], ids=["mouse", "keyboard"])
def hands(request: pytest.FixtureRequest) -> Hands:
    made: Hands = request.param()
    return made


@pytest.fixture(params=["zh_TW", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)
