"""The server as a process of its own, over a real network: starting, stopping, dying, cut connections."""

from __future__ import annotations

import json
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

FAKE = [sys.executable, str(Path(__file__).with_name("fake_personaliser.py"))]
REPOSITORY = Path(__file__).parents[2]
STARTED: list[subprocess.Popen[str]] = []


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "server_stub", *arguments]


@dataclass
class Running:
    process: subprocess.Popen[str]
    demo: dict[str, Any]
    seconds: float
    """From the command to the table, without the time that other programs had the processor."""

    @property
    def url(self) -> str:
        return str(self.demo["ra"])

    def post(self, path: str, body: object, token: str = "none") -> httpx2.Response:
        headers = {"Idempotency-Key": "k" * 16 + str(time.monotonic_ns()), "Authorization": f"Bearer {token}"}
        return httpx2.post(self.url + path, json=body, headers=headers, timeout=60)

    def get(self, path: str, token: str = "none") -> httpx2.Response:
        return httpx2.get(self.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def sign_in(self) -> str:
        account = self.demo["accounts"][0]
        captcha = self.post("/api/v1/captchas", {"unit": account["unit"]})
        answer = {"id": captcha.json()["id"], "answer": captcha.headers["X-Demo-Captcha"]}
        body = {name: account[name] for name in ("unit", "account", "password")} | {"captcha": answer}
        return str(self.post("/api/v1/sessions", body).json()["token"])

    def stop(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        self.process.communicate(timeout=60)
        return self.process.returncode


def start(folder: Path, *more: str) -> Running:
    """Start it and wait for its table, as practice mode does."""
    table = folder / "demo.json"
    table.unlink(missing_ok=True)
    began = time.monotonic()
    arguments = ["--listen", "127.0.0.1:0", "--data", str(folder / "ra"), "--demo-json", str(table)]
    process = subprocess.Popen(
        command("serve", "--demo", *arguments, "--personaliser", shlex.join(FAKE), *more),
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    STARTED.append(process)
    while not table.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < began + 60
        time.sleep(0.01)
    seconds = time.monotonic() - began - kept_waiting(process.pid)
    return Running(process, json.loads(table.read_text("utf-8")), seconds)


def kept_waiting(process: int) -> float:
    """Seconds that its first thread could have worked, had a processor been free; 0 on systems that do not tell."""
    try:
        told = Path(f"/proc/{process}/schedstat").read_text("ascii")
    except OSError:
        return 0.0
    return int(told.split()[1]) / 1e9


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Whatever a failed test leaves running is ended."""
    yield
    for process in STARTED:
        if process.poll() is None:
            process.kill()
            process.communicate()
    STARTED.clear()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose world is made already."""
    folder = tmp_path_factory.mktemp("process")
    start(folder).stop()
    return folder


@pytest.fixture
def running(folder: Path) -> Iterator[Running]:
    running = start(folder)
    yield running
    if running.process.poll() is None:
        running.stop()


def test_it_answers_and_ends_cleanly(running: Running) -> None:
    assert running.get("/health").json() == {"status": "ok"}
    assert running.get("/api/v1/info").json()["practice"] is True
    running.process.send_signal(signal.SIGTERM)
    out, log = running.process.communicate(timeout=60)
    assert running.process.returncode == 0
    assert out.splitlines()[0] == running.url
    assert "exchange01" in out
    assert [json.loads(line)["event"] for line in log.splitlines()] == ["request", "request"]


def test_the_second_start_is_quick(running: Running) -> None:
    """The aim is 1.5 s on a quiet machine; this one may be slow."""
    assert running.seconds < 5


def test_it_ends_with_its_standard_input(folder: Path) -> None:
    running = start(folder, "--stop-with-stdin")
    assert running.process.stdin is not None
    running.process.stdin.close()
    assert running.process.wait(timeout=60) == 0
    assert running.process.stdout is not None
    assert running.process.stderr is not None
    running.process.stdout.close()
    running.process.stderr.close()


def test_what_was_answered_survives_sigkill(folder: Path) -> None:
    first = start(folder)
    token = first.sign_in()
    account = first.get("/api/v1/account", token).json()
    card = account["cards"][0]["card_id"]
    terms = first.get(f"/api/v1/units/{account['unit']}/terms").json()
    body = {
        "kind": "apply",
        "card_id": card,
        "terms_version": terms["version"],
        "terms_sha256": terms["sha256"],
    }
    order = first.post("/api/v1/orders", body, token)
    assert order.status_code == 201
    first.stop(signal.SIGKILL)
    second = start(folder)
    assert second.get(f"/api/v1/orders/{order.json()['id']}", token).json() == order.json()
    assert second.demo["accounts"][0]["state"] == 12, "unfinished: continue where you stopped"
    second.stop()
    whole = subprocess.run(
        command("audit", "verify", "--data", str(folder / "ra")),
        cwd=REPOSITORY,
        check=False,
        capture_output=True,
    )
    assert whole.returncode == 0, whole.stderr


@pytest.mark.parametrize("fault", ["drop-before", "drop-after-commit", "truncated"])
def test_connections_are_really_cut(running: Running, fault: str) -> None:
    running.post("/demo/faults", {"fault": fault, "count": 1})
    with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)):
        running.get("/api/v1/info")
    assert running.get("/api/v1/info").status_code == 200


def test_the_demo_refuses_the_world(tmp_path: Path) -> None:
    for listen, said in (
        ("0.0.0.0:0", "loopback"),
        ("localhost", "HOST:PORT"),
        ("127.0.0.1:99999", "HOST:PORT"),
    ):
        refused = subprocess.run(
            command("serve", "--demo", "--listen", listen, "--data", str(tmp_path)),
            cwd=REPOSITORY,
            check=False,
            capture_output=True,
            text=True,
        )
        assert (refused.returncode, said in refused.stderr) == (2, True), refused.stderr


def test_plain_http_is_for_loopback(tmp_path: Path) -> None:
    refused = subprocess.run(
        command("serve", "--listen", "0.0.0.0:0", "--data", str(tmp_path)),
        cwd=REPOSITORY,
        check=False,
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 2
    assert "--tls" in refused.stderr


def test_tls_with_a_self_made_certificate(folder: Path) -> None:
    running = start(folder, "--tls")
    assert running.url.startswith("https://127.0.0.1:")
    context = ssl.create_default_context(cafile=folder / "ra" / "tls" / "127-0-0-1.pem")
    answer = httpx2.get(f"{running.url}/health", verify=context)
    assert answer.status_code == 200
    running.stop()


def test_a_taken_port_is_told(running: Running, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        refused = subprocess.run(
            command("serve", "--listen", listen, "--data", str(tmp_path)),
            cwd=REPOSITORY,
            check=False,
            capture_output=True,
            text=True,
        )
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
