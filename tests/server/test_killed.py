"""The RA killed while many clients enrol: no order is lost or doubled, and the audit chain holds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import create_engine

from bench import ra_world
from bench.ra_world import Waiting
from tests.support import postgres
from tests.support.postgres import Cluster
from tests.support.ra_process import REPOSITORY, Place, Server, enrol, options, serving

ORDERS, CLIENTS, ANSWERS_BEFORE_THE_KILL = 60, 8, 15


@dataclass
class Answers:
    """The certificates that clients were given, by order: the same one each time."""

    given: dict[str, str] = field(default_factory=dict)

    def add(self, order: str, certificate: str) -> None:
        assert self.given.setdefault(order, certificate) == certificate


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


def rows(place: Place, query: str) -> list[tuple[Any, ...]]:
    engine = create_engine(place.database)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.exec_driver_sql(query)]
    engine.dispose()
    return found


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return Place(tmp_path, f"sqlite:///{tmp_path / 'ra' / 'ra.sqlite'}")
    cluster: Cluster = request.getfixturevalue("cluster")
    return Place(tmp_path, cluster.new_database())


@pytest.mark.parametrize(
    ("place", "processes"),
    [("sqlite", 1), ("sqlite", 2), pytest.param("postgresql", 2, marks=postgres.NEEDED)],
    indirect=["place"],
)
def test_killed_under_load_nothing_is_lost_or_doubled(place: Place, processes: int) -> None:
    ra, waiting = ra_world.make(place.folder, ORDERS, place.database)
    ra.close()
    with ExitStack() as stack:
        answers = enrol_until_killed([stack.enter_context(serving(place)) for _ in range(processes)], waiting)
    assert len(answers.given) < ORDERS  # or nothing was interrupted
    with serving(place) as server:
        for one in waiting:
            answers.add(one.order, enrol(server.url, one))
    assert_one_certificate_each(place, answers)
    verified = subprocess.run(
        [sys.executable, "-m", "server_stub", "audit", "verify", *options(place)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr


def assert_one_certificate_each(place: Place, answers: Answers) -> None:
    """What the clients hold is what the RA has, once, and once in the audit log."""
    kept = rows(
        place, "SELECT order_id, pem FROM certificates WHERE order_id IS NOT NULL AND state != 'abandoned'"
    )
    assert len(kept) == ORDERS
    assert dict(kept) == answers.given
    assert rows(place, "SELECT count(*) FROM orders") == [(ORDERS,)]
    assert rows(place, "SELECT count(*) FROM orders WHERE state = 'issued'") == [(ORDERS,)]
    issued = rows(place, "SELECT subject FROM audit WHERE action = 'certificate.issued'")
    assert len(issued) == len(set(issued)) == ORDERS
