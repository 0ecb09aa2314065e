"""The programs as people start them, each a real process: ``cardtool`` and ``cardtool-ra``."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.system.pcscd import end, wait_until

BIN = Path(sys.executable).parent
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name != "DISPLAY"},
    # No program under test may find, or leave, a session in the keyring of whoever runs the tests.
    "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
}
PATIENCE = 90


@dataclass(frozen=True)
class Person:
    """One account of the demo world."""

    unit: str
    account: str
    password: str
    pin: str
    card: str

    @property
    def answers(self) -> dict[str, object]:
        return {"site_password": self.password, "pin": self.pin, "accept_terms": True}


@dataclass(frozen=True)
class Ended:
    """How a run of ``cardtool --json`` ended. ``said`` is its JSON object, empty if it was killed."""

    status: int
    said: dict[str, Any]
    errors: str

    @property
    def code(self) -> str:
        return str(self.said.get("error", {}).get("code", ""))


class CardTool:
    """One person's CardTool on one computer (``home``)."""

    def __init__(self, home: Path, ra_url: str) -> None:
        self.home = home
        self._ra_url = ra_url
        self._running: subprocess.Popen[bytes] | None = None

    def run(self, *arguments: str, answers: dict[str, object] | None = None) -> Ended:
        command = [str(BIN / "cardtool"), *arguments, "--json", *(("--answers", "-") if answers else ())]
        environment = {**ENVIRONMENT, "CARDTOOL_HOME": str(self.home)}
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            self._running = process
            try:
                output, errors = process.communicate(json.dumps(answers or {}).encode(), PATIENCE)
            finally:
                process.kill()
        return Ended(process.returncode, json.loads(output or b"{}"), errors.decode())

    def apply(self, person: Person, *arguments: str) -> Ended:
        whom = ("--ra", self._ra_url, "--unit", person.unit, "--account", person.account)
        return self.run("apply", *whom, *arguments, answers=person.answers)

    def kill(self) -> None:
        """SIGKILL to what runs now; on return it is gone."""
        assert self._running is not None
        self._running.kill()
        self._running.wait()

    @property
    def journal(self) -> list[dict[str, str]]:
        path = self.home / "real" / "data" / "journal.json"
        entries: list[dict[str, str]] = json.loads(path.read_text())["entries"] if path.exists() else []
        return entries


class Office:
    """``cardtool-ra serve --demo`` on a data folder, with its port kept over restarts.

    ``url``: what clients connect to, where it is not the RA itself (a gate).
    """

    def __init__(self, data: Path, url: str = "") -> None:
        self.data = data
        self.table = data.with_suffix(".demo.json")
        self.port = free_port() if url else 0
        self._url = url
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.table.unlink(missing_ok=True)
        command = [str(BIN / "cardtool-ra"), "serve", "--demo", "--data", str(self.data)]
        command += ["--demo-json", str(self.table), "--listen", f"127.0.0.1:{self.port}"]
        with self.table.with_suffix(".log").open("ab") as log:
            self._process = process = subprocess.Popen(
                [*command, *(("--url", self._url) if self._url else ())],
                env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        wait_until(
            lambda: self.table.exists() or process.poll() is not None, "the RA to serve", self._log, PATIENCE
        )
        assert process.poll() is None, self._log()
        if not self._url:
            self.port = int(self._told["ra"].rpartition(":")[2])

    def ensure_running(self) -> None:
        """A test that failed may have left it dead."""
        if self._process is None or self._process.poll() is not None:
            self.start()

    def kill(self) -> None:
        """SIGKILL; on return it is gone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None:
            end(self._process)

    @property
    def url(self) -> str:
        return self._url or f"http://127.0.0.1:{self.port}"

    def people(self, situation: str = "fresh") -> list[Person]:
        return [
            Person(row["unit"], row["account"], row["password"], row["pin"], row["cards"][0])
            for row in self._told["accounts"]
            if row["situation"] == situation
        ]

    def state_file(self, card: str) -> Path:
        return Path(self._told["cards"][card]["state_file"])

    @property
    def _told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.table.read_text(encoding="utf-8"))
        return told

    def verify_audit(self) -> str:
        """What ``cardtool-ra audit verify`` says; fails unless it is content."""
        command = [str(BIN / "cardtool-ra"), "audit", "verify", "--data", str(self.data)]
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        """Looks into the database past the server."""
        with closing(sqlite3.connect(f"file:{self.data / 'ra.sqlite'}?mode=ro", uri=True)) as database:
            return database.execute(query, values).fetchall()

    def _log(self) -> str:
        return self.table.with_suffix(".log").read_text(errors="replace")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
