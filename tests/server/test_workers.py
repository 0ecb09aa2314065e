"""``serve --workers 2``: both answer, who dies is replaced and nothing is lost, and none is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bench import ra_world
from bench.ra_world import Waiting
from server_stub import presence, workers
from server_stub.__main__ import main
from server_stub.app import open_ra
from server_stub.ra import Ra
from server_stub.seals import Notary
from tests.server.test_killed import Answers, rows
from tests.support.ra_process import LOG, Place, Server, enrol, serving

ORDERS, CLIENTS, ANSWERS_BEFORE_THE_KILL = 40, 8, 10
SECONDS = 60

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills by signal")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, list[Waiting]]:
    folder = tmp_path_factory.mktemp("workers")
    place = Place(folder, f"sqlite:///{folder / 'ra' / 'ra.sqlite'}")
    ra, waiting = ra_world.make(folder, ORDERS, place.database)
    ra.close()
    return place, waiting


@pytest.fixture
def place(made: tuple[Place, list[Waiting]]) -> Place:
    (made[0].folder / LOG).unlink(missing_ok=True)
    return made[0]


@pytest.fixture
def server(place: Place) -> Iterator[Server]:
    with serving(place, "--workers", "2", "--stop-with-stdin") as server:
        yield server
    wait_until(lambda: not any(is_alive(pid) for pid in started(place)))


def logged(place: Place, event: str = "") -> list[dict[str, Any]]:
    lines = (place.folder / LOG).read_text("utf-8").splitlines()
    return [entry for entry in map(json.loads, lines) if event in {"", entry["event"]}]


def started(place: Place) -> list[int]:
    return [entry["worker"] for entry in logged(place, "worker-started")]


def answering(place: Place) -> set[int]:
    return {entry["process"] for entry in logged(place, "request")}


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.timeout(300)
def test_one_is_killed_and_nothing_is_lost(
    server: Server, place: Place, made: tuple[Place, list[Waiting]]
) -> None:
    wait_until(lambda: len(started(place)) == 2)
    first, second = started(place)
    answers, killing = Answers(), threading.Lock()

    def client(number: int) -> None:
        for one in made[1][number::CLIENTS]:
            answers.add(one.order, insist(server, one))
            # Whose turn it is the system decides: the one that is killed shall have had some.
            enough = len(answers.given) >= ANSWERS_BEFORE_THE_KILL and answering(place) == {first, second}
            if enough and killing.acquire(blocking=False):
                os.kill(first, signal.SIGKILL)

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
        assert killing.locked(), f"{first} and {second} did not share the work: {answering(place)}"
        wait_until(lambda: len(started(place)) == 3)
        # Many at once: to one after the other the same worker may answer again and again.
        wait_until(
            lambda: all(pool.map(healthy, [server] * CLIENTS)) and started(place)[2] in answering(place)
        )
    assert [(one["worker"], one["status"]) for one in logged(place, "worker-died")] == [
        (first, -signal.SIGKILL)
    ]
    kept = rows(place, "SELECT order_id, pem FROM certificates WHERE state != 'abandoned'")
    assert len(kept) == ORDERS
    assert dict(kept) == answers.given
    close_input(server.process)
    assert server.process.wait(SECONDS) == 0
    assert main(["audit", "verify", "--data", str(place.folder / "ra")]) == 0


def insist(server: Server, one: Waiting) -> str:
    """Whoever was answered nothing asks again."""
    try:
        return enrol(server.url, one)
    except httpx2.TransportError:
        return enrol(server.url, one)


def healthy(server: Server) -> bool:
    return httpx2.get(f"{server.url}/health").status_code == 200


def close_input(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()


@pytest.mark.parametrize(("how", "status"), [(signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)])
def test_all_end_together(server: Server, place: Place, how: int, status: int) -> None:
    assert presence.is_in_use(place.folder / "ra")
    server.process.send_signal(how)
    assert server.process.wait(SECONDS) == status
    wait_until(lambda: not any(is_alive(pid) for pid in started(place)))
    assert logged(place, "worker-died") == []
    assert not presence.is_in_use(place.folder / "ra")
    assert {entry["event"] for entry in logged(place)} == {"worker-started"}


def test_one_of_them_seals(ra: Ra) -> None:
    """However many find at once that the audit log's head is not signed yet."""
    others = [open_ra(ra.settings) for _ in range(3)]
    notary = Notary.open(ra.settings.data)
    with ra.act("test") as act:
        act.record("something.done", "thing")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(notary.seal, [ra, *others] * 3))
    assert len(notary.file.read_text("utf-8").splitlines()) == 1
    for one in [ra, *others]:
        one.close()


def test_who_dies_again_and_again_waits_longer() -> None:
    pauses = [0.0]
    for _ in range(7):
        pauses.append(workers.pause_after(0.5, pauses[-1]))
    assert pauses[1:] == [1, 2, 4, 8, 16, 30, 30]
    assert workers.pause_after(3600, 30) == 0


@pytest.mark.parametrize("number", ["0", "-1", "two", "65"])
def test_how_many(number: str) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["serve", "--workers", number])
    assert refused.value.code == 2
