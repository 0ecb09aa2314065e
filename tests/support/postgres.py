"""A PostgreSQL of the test's own: in a temporary folder, on a socket in it, and gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest

USER = "cardtool"
_DEBIAN = Path("/usr/lib/postgresql")  # its programs are not in PATH there
_NOT_ROOT = "nobody"  # PostgreSQL refuses to run as root
_SECONDS = 30


@dataclass
class Cluster:
    """``socket``: the folder that PostgreSQL's socket is in."""

    socket: Path
    numbers: Iterator[int] = field(default_factory=count)
    process: subprocess.Popen[bytes] | None = None

    def new_database(self) -> str:
        """The URL of a fresh, empty database."""
        name = f"ra{next(self.numbers)}"
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://{USER}@/{name}?host={self.socket}"

    def connect(self, name: str) -> psycopg.Connection:
        return psycopg.connect(host=str(self.socket), user=USER, dbname=name, autocommit=True)

    def start(self) -> None:
        # The tests kill the RA; whether PostgreSQL outlives a power cut is not ours to test.
        settings = [
            "-c",
            "listen_addresses=",
            "-c",
            "fsync=off",
            "-c",
            f"unix_socket_directories={self.socket}",
        ]
        self.process = _started(self.socket, "postgres", "-D", self.socket / "data", *settings)
        _wait(self.socket, self.process)

    def stop(self, how: int = signal.SIGINT) -> None:
        """SIGINT ends all sessions first, SIGQUIT ends at once and leaves the rest to the next start."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(_SECONDS)
            self.process = None


def program(name: str) -> Path | None:
    """Of the newest PostgreSQL here."""
    found = shutil.which(name)
    return Path(found) if found else max(_DEBIAN.glob(f"*/bin/{name}"), default=None)


NEEDED = pytest.mark.skipif(program("postgres") is None, reason="needs PostgreSQL")


@contextmanager
def running() -> Iterator[Cluster]:
    """A new cluster without any data."""
    # A socket's path has a hundred characters at most, and pytest's own folders are for their owner only.
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, _NOT_ROOT)
        _initialise(folder)
        cluster = Cluster(folder)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()


def _initialise(folder: Path) -> None:
    rules = ["--username", USER, "--auth", "trust", "--encoding", "UTF8", "--no-sync"]
    process = _started(folder, "initdb", "--pgdata", folder / "data", *rules)
    assert process.wait(_SECONDS) == 0, _log(folder)


def _started(folder: Path, name: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
    path = program(name)
    assert path is not None
    rights = {"user": _NOT_ROOT, "extra_groups": []} if os.geteuid() == 0 else {}
    with (folder / "log").open("ab") as log:
        return subprocess.Popen([path, *arguments], cwd=folder, stdout=log, stderr=log, **rights)


def _wait(folder: Path, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _SECONDS
    while True:
        try:
            psycopg.connect(host=str(folder), user=USER, dbname="postgres").close()
            return
        except psycopg.OperationalError:
            assert process.poll() is None, _log(folder)
            assert time.monotonic() < end, _log(folder)
            time.sleep(0.02)


def _log(folder: Path) -> str:
    return (folder / "log").read_text("utf-8", "replace")
