"""RA servers as processes of their own, and a client that has its order's certificate made."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import httpx2

from bench.ra_world import Waiting

LOG = "log"
REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Place:
    """A data folder and its database's URL."""

    folder: Path
    database: str


@dataclass
class Server:
    process: subprocess.Popen[str]
    url: str


@contextmanager
def serving(place: Place, *more: str) -> Iterator[Server]:
    """A server process over the place, whatever others there are; killed in the end. ``more``: further arguments."""
    arguments = ["--listen", "127.0.0.1:0", *options(place), "--units", str(place.folder / "units"), *more]
    with (
        (place.folder / LOG).open("ab") as log,
        subprocess.Popen(
            [sys.executable, "-m", "server_stub", "serve", *arguments],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            yield Server(process, process.stdout.readline().strip())
        finally:
            process.kill()


def options(place: Place) -> list[str]:
    return ["--data", str(place.folder / "ra"), "--db", place.database]


def enrol(url: str, one: Waiting) -> str:
    """The order's certificate. Raises httpx2.TransportError when the server is gone."""
    answer = httpx2.post(
        f"{url}/api/v1/orders/{one.order}/request",
        json={"csr": one.csr},
        headers={"Authorization": f"Bearer {one.token}", "Idempotency-Key": token_hex(16)},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["certificate"])
