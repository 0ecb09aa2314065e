"""The RA over real TLS, with the unit of these tests and a demo's customers."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.server.est.harbour import UNIT, write_unit

REPOSITORY = Path(__file__).parents[3]
FAKE = [sys.executable, str(REPOSITORY / "tests/server/fake_personaliser.py")]


@dataclass
class Server:
    url: str
    account: dict[str, Any]
    folder: Path

    @property
    def trusted(self) -> Path:
        return self.folder / "ra/tls/127-0-0-1.pem"

    def curl(self, path: str, *arguments: str) -> bytes:
        command = ["curl", "--silent", "--show-error", "--cacert", str(self.trusted), "--max-time", "20"]
        done = subprocess.run(
            [*command, *arguments, f"{self.url}{path}"], cwd=self.folder, check=True, capture_output=True
        )
        return done.stdout

    def post_der(self, path: str, file: str, *arguments: str) -> bytes:
        return self.curl(
            path, "--data-binary", f"@{file}", "-H", "Content-Type: application/pkcs10", *arguments
        )

    def openssl(self, *arguments: str) -> str:
        done = subprocess.run(
            ["openssl", *arguments], cwd=self.folder, check=True, capture_output=True, text=True
        )
        return done.stdout

    def advance(self, days: int) -> None:
        body = json.dumps({"advance_seconds": days * 86400})
        self.curl("/demo/clock", "--data", body, "-H", "Content-Type: application/json")


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    table = folder / "demo.json"
    options = ["--listen", "127.0.0.1:0", "--tls", "--data", str(folder / "ra"), "--demo-json", str(table)]
    units = ["--units", str(write_unit(folder / "units")), "--personaliser", shlex.join(FAKE)]
    process = subprocess.Popen(
        [sys.executable, "-m", "server_stub", "serve", "--demo", *options, *units],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(6000):
            if table.exists():
                break
            assert process.poll() is None
            time.sleep(0.01)
        demo = json.loads(table.read_text("utf-8"))
        accounts = [one for one in demo["accounts"] if (one["unit"], one["situation"]) == (UNIT, "fresh")]
        yield Server(demo["ra"], accounts[0], folder)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
