"""Cards with a key and a certificate for the programs nobody here wrote, and a way to run those programs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509

from cardtool.pcsc.virtual.piv import YUBIKEY, Personality, VirtualPivCard
from tests.system.branch import Branch, first_world, open_branch
from tests.system.pcscd import CardProcess, Pcscd, StartCard
from tests.system.scene import Scene
from tests.unit.virtual.terminal import Terminal

Run = Callable[..., str]


@dataclass
class EnrolledCard:
    """An inserted card and the certificates on it by slot."""

    process: CardProcess
    certificates: dict[int, x509.Certificate]

    @property
    def reader(self) -> str:
        return self.process.reader


@pytest.fixture
def run() -> Run:
    """``run(program, *arguments, status=0)`` → what it wrote, stdout and stderr together."""

    def start(program: str, *arguments: str, status: int = 0) -> str:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
        done = subprocess.run(
            [program, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == status, f"{program} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    return start


@pytest.fixture
def enrolled(vpcd_card: StartCard, tmp_path: Path) -> Callable[..., EnrolledCard]:
    """``enrolled({slot: algorithm}, personality=YUBIKEY)`` → EnrolledCard in the first reader."""

    def make(keys: dict[int, int], personality: Personality = YUBIKEY) -> EnrolledCard:
        state = tmp_path / "enrolled.json"
        card = VirtualPivCard.create(state, personality)
        card.power_on()
        terminal = Terminal(card.transmit, personality.admin_algorithm)
        terminal.select()
        terminal.admin()
        certificates = {slot: terminal.enrol(slot, algorithm) for slot, algorithm in keys.items()}
        card.close()
        return EnrolledCard(vpcd_card(state=state), certificates)

    return make


@pytest.fixture(scope="session")
def demo_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return first_world(tmp_path_factory.mktemp("demo") / "ra")


@pytest.fixture(scope="session")
def branch(demo_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Branch]]:
    """A running branch with two people at least who may still apply; the former one while it has them."""
    with ExitStack() as opened:
        current: list[Branch] = []

        def take() -> Branch:
            if not current or len(current[0].people) < 2:
                opened.close()
                folder = tmp_path_factory.mktemp("branch")
                current[:] = [opened.enter_context(open_branch(demo_world, folder, watched=True))]
            current[0].office.ensure_running()
            return current[0]

        yield take


@pytest.fixture
def scene(pcscd: Pcscd, branch: Callable[[], Branch], tmp_path: Path) -> Iterator[Scene]:
    """A tap before each card and a gate before the RA; else nothing of ours between the programs."""
    opened = Scene(pcscd, branch(), tmp_path / "home")
    yield opened
    opened.clear()
