"""The RA killed while many clients enrol: no order is lost or doubled, and the audit chain holds."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx2
import pytest

from bench import ra_world
from bench.ra_world import Waiting

REPOSITORY = Path(__file__).parents[2]
ORDERS, CLIENTS, ANSWERS_BEFORE_THE_KILL = 60, 8, 15


@dataclass
class Server:
    process: subprocess.Popen[str]
    url: str


@dataclass
class Answers:
    """The certificates that clients were given, by order: the same one each time."""

    given: dict[str, str] = field(default_factory=dict)

    def add(self, order: str, certificate: str) -> None:
        assert self.given.setdefault(order, certificate) == certificate


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A server process over the folder, whatever others there are; killed in the end."""
    arguments = ["--listen", "127.0.0.1:0", "--data", str(folder / "ra"), "--units", str(folder / "units")]
    with subprocess.Popen(
        [sys.executable, "-m", "server_stub", "serve", *arguments],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield Server(process, process.stdout.readline().strip())
        finally:
            process.kill()


def enrol(url: str, one: Waiting) -> str:
    """The order's certificate. Raises httpx2.TransportError when the server is gone."""
    answer = httpx2.post(
        f"{url}/api/v1/orders/{one.order}/request",
        json={"csr": one.csr},
        headers={"Authorization": f"Bearer {one.token}", "Idempotency-Key": token_hex(16)},
        timeout=20,
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["certificate"])


def enrol_until_killed(servers: Sequence[Server], waiting: Sequence[Waiting]) -> Answers:
    """Every client goes on until its server is gone; whoever sees enough answers kills them all."""
    answers = Answers()

    def client(number: int) -> None:
        try:
            for one in waiting[number::CLIENTS]:
                answers.add(one.order, enrol(servers[number % len(servers)].url, one))
                if len(answers.given) >= ANSWERS_BEFORE_THE_KILL:
                    kill(servers)
        except httpx2.TransportError:
            return

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    return answers


def kill(servers: Sequence[Server]) -> None:
    for server in servers:
        server.process.kill()


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    database = folder / "ra" / "ra.sqlite"
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("processes", [1, 2])
def test_killed_under_load_nothing_is_lost_or_doubled(tmp_path: Path, processes: int) -> None:
    ra, waiting = ra_world.make(tmp_path, ORDERS)
    ra.close()
    with ExitStack() as stack:
        answers = enrol_until_killed(
            [stack.enter_context(serving(tmp_path)) for _ in range(processes)], waiting
        )
    assert len(answers.given) < ORDERS  # or nothing was interrupted
    with serving(tmp_path) as server:
        for one in waiting:
            answers.add(one.order, enrol(server.url, one))
    assert_one_certificate_each(tmp_path, answers)
    verified = subprocess.run(
        [sys.executable, "-m", "server_stub", "audit", "verify", "--data", str(tmp_path / "ra")],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr


def assert_one_certificate_each(folder: Path, answers: Answers) -> None:
    """What the clients hold is what the RA has, once, and once in the audit log."""
    kept = rows(
        folder, "SELECT order_id, pem FROM certificates WHERE order_id IS NOT NULL AND state != 'abandoned'"
    )
    assert len(kept) == ORDERS
    assert dict(kept) == answers.given
    assert rows(folder, "SELECT count(*) FROM orders") == [(ORDERS,)]
    assert rows(folder, "SELECT count(*) FROM orders WHERE state = 'issued'") == [(ORDERS,)]
    issued = rows(folder, "SELECT subject FROM audit WHERE action = 'certificate.issued'")
    assert len(issued) == len(set(issued)) == ORDERS
