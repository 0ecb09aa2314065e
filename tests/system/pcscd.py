"""A real pcscd of our own with vpcd's two readers, and software cards in them.

``pcscd`` (session) and ``vpcd_card`` come to every test through tests/conftest.py. There is one card service on
a computer: a lock keeps other runs waiting, and a foreign pcscd is left alone, with a clear word.
The daemon gets a network namespace of its own where that is allowed, for vpcd listens on every interface.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from cardtool.errors import CardToolError
from cardtool.pcsc.transport import ReaderState
from cardtool.pcsc.virtual.piv import YUBIKEY, Personality, VirtualPivCard

DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
SOCKET = Path("/run/pcscd/pcscd.comm")
READERS = ("Virtual PCD 00 00", "Virtual PCD 00 01")
FIRST_PORT = 35963
LOCK_PATIENCE = 100.0
START_PATIENCE = 60.0
ROOT = Path(__file__).parents[2]

_CONFIGURATION = """FRIENDLYNAME "Virtual PCD"
DEVICENAME /dev/null:0x{port:X}
LIBPATH {driver}
CHANNELID 0x{port:X}
"""


@dataclass
class Pcscd:
    """The running daemon. ``readers`` are the two it offers, in the order of their ports."""

    folder: Path
    port: int
    network: subprocess.Popen[bytes] | None
    """Holds the network namespace, so that it outlives a restart of the daemon; None: the machine's own."""
    process: subprocess.Popen[bytes] | None = None
    loudness: str = "--info"
    """What the daemon writes into its log: ``--apdu`` adds every command and answer, secrets included."""

    @property
    def readers(self) -> tuple[str, str]:
        return READERS

    @property
    def log(self) -> str:
        return (self.folder / "pcscd.log").read_text(errors="replace")

    def start(self) -> None:
        command = ["pcscd", "--foreground", self.loudness, "--config", str(self.folder / "reader.conf.d")]
        with (self.folder / "pcscd.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.inside(command), stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        wait_until(
            lambda: set(READERS) <= {state.name for state in readers()},
            "pcscd to offer its readers",
            lambda: self.log,
        )

    def stop(self) -> None:
        if self.process is not None:
            end(self.process)
            self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def inside(self, command: list[str]) -> list[str]:
        """``command`` so that it reaches vpcd's ports."""
        if self.network is None:
            return command
        return ["nsenter", f"--net=/proc/{self.network.pid}/ns/net", *command]


@dataclass
class CardProcess:
    """One ``cardtool-card``, its card inserted. ``state`` is its state file."""

    reader: str
    state: Path
    process: subprocess.Popen[bytes] = field(repr=False)
    events: int = 0
    """pcscd's count of insertions and removals when the card was last put in."""

    def pull(self) -> None:
        self.process.send_signal(signal.SIGUSR1)
        self.wait_until_out()

    def insert(self) -> None:
        self.process.send_signal(signal.SIGUSR2)
        self.wait_until_in()

    def wait_until_in(self) -> None:
        wait_until(lambda: holds_card(self.reader) or self.process.poll() is not None, "the card to be in")
        assert self.process.poll() is None, f"cardtool-card ended with status {self.process.returncode}"
        self.events = events_of(self.reader)

    def wait_until_out(self) -> None:
        """Until pcscd's own look (every 0.4 s) has found the reader empty: a card back sooner it takes for gone."""
        wait_until(
            lambda: not holds_card(self.reader) and events_of(self.reader) != self.events,
            "the card to be out",
        )

    def stop(self) -> int:
        """Ends the program as SIGTERM does, and returns its exit status."""
        return end(self.process)


StartCard = Callable[..., CardProcess]


@pytest.fixture(scope="session")
def pcscd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pcscd]:
    """pcscd with two empty virtual readers; skips where it cannot be had and says why."""
    with running_pcscd(tmp_path_factory.mktemp("pcscd")) as daemon:
        yield daemon


@contextlib.contextmanager
def running_pcscd(folder: Path, loudness: str = "--info") -> Iterator[Pcscd]:
    """The one card service of this computer, its files in ``folder``."""
    _require_programs()
    lock = FileLock(Path(tempfile.gettempdir()) / "cardtool-tests-pcscd.lock", timeout=LOCK_PATIENCE)
    try:
        lock.acquire()
    except Timeout:
        pytest.fail("another test run holds the card service")
    daemon = _configured(folder)
    daemon.loudness = loudness
    try:
        if _answers():
            pytest.skip("another pcscd is running; stop it to let these tests use their own")
        SOCKET.parent.mkdir(exist_ok=True)
        daemon.start()
        yield daemon
    finally:
        daemon.stop()
        if daemon.network is not None:
            end(daemon.network)
        lock.release()


@pytest.fixture
def vpcd_card(pcscd: Pcscd, tmp_path: Path) -> Iterator[StartCard]:
    """``vpcd_card(personality=YUBIKEY, state=None, reader=0, arguments=())`` → CardProcess, card inserted.

    With ``state`` the card of that file is put in (and made there first if there is none). ``reader`` 0 or 1.
    """
    running: list[CardProcess] = []

    def start(
        personality: Personality = YUBIKEY,
        *,
        state: Path | None = None,
        reader: int = 0,
        arguments: tuple[str, ...] = (),
    ) -> CardProcess:
        path = state or tmp_path / f"card{len(running)}.json"
        if not path.exists():
            VirtualPivCard.create(path, personality).close()
        running.append(start_card(pcscd, path, reader, arguments))
        return running[-1]

    yield start
    for card in running:
        card.stop()
    wait_until(lambda: not any(map(holds_card, READERS)), "the readers to be empty")


def wait_until(
    condition: Callable[[], bool],
    what: str,
    details: Callable[[], str] = str,
    patience: float = START_PATIENCE,
) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {patience:.0f} s for {what}\n{details()}")
        time.sleep(0.02)


def readers() -> Sequence[ReaderState]:
    from cardtool.pcsc.scard import ScardHub  # noqa: PLC0415 - every test run loads this file, few have pcscd

    with contextlib.suppress(CardToolError):
        return ScardHub().readers()
    return []


def holds_card(reader: str) -> bool:
    return any(state.name == reader and state.atr for state in readers())


def events_of(reader: str) -> int:
    return sum(state.events for state in readers() if state.name == reader)


def end(process: subprocess.Popen[bytes]) -> int:
    """SIGTERM, and SIGKILL for what does not listen."""
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _require_programs() -> None:
    if sys.platform != "linux" or shutil.which("pcscd") is None or not DRIVER.exists():
        pytest.skip("pcscd and vpcd (Debian: pcscd, vsmartcard-vpcd) are not installed")
    if os.geteuid() != 0:
        pytest.skip("only root may start a pcscd; run the system tests as root")


def _answers() -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(SOCKET))
        except OSError:
            return False
        return True


def _configured(folder: Path) -> Pcscd:
    network = _own_network()
    port = FIRST_PORT if network else _free_pair_of_ports()
    configuration = folder / "reader.conf.d"
    configuration.mkdir()
    (configuration / "vpcd").write_text(_CONFIGURATION.format(port=port, driver=DRIVER))
    return Pcscd(folder, port, network)


def _own_network() -> subprocess.Popen[bytes] | None:
    """A process in a network namespace with nothing but loopback; None where that is not allowed."""
    if not all(shutil.which(name) for name in ("unshare", "nsenter", "ip")):
        return None
    script = "ip link set lo up && echo ready && exec sleep infinity"
    process = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with process.stdout or contextlib.nullcontext() as output:
        if output is not None and output.readline() == b"ready\n":
            return process
    end(process)
    return None


def _free_pair_of_ports() -> int:
    """vpcd takes a port and, for its second reader, the one after it."""
    while True:
        with socket.create_server(("localhost", 0)) as first:
            port = int(first.getsockname()[1])
            with contextlib.suppress(OSError), socket.create_server(("localhost", port + 1)):
                return port


def start_card(daemon: Pcscd, state: Path, reader: int = 0, arguments: tuple[str, ...] = ()) -> CardProcess:
    """The card of a state file, inserted."""
    address = f"localhost:{daemon.port + reader}"
    module = [sys.executable, "-m", "cardtool.pcsc.virtual", "--vpcd", address, "--state", str(state)]
    process = subprocess.Popen(daemon.inside([*module, *arguments]), cwd=ROOT, stdin=subprocess.DEVNULL)
    card = CardProcess(READERS[reader], state, process)
    card.wait_until_in()
    return card
