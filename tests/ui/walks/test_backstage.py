"""The window and the process behind it: what each loads, and that neither outlives the other or loses anything."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cardtool.ui.pages.failure import FailurePage
from tests.ui.walks.acts import accept_terms_if_asked, give_pin, sign_in, to_the_pin
from tests.ui.walks.conftest import Start
from tests.ui.walks.hands import Mouse
from tests.ui.walks.running import Running

ROOT = Path(__file__).parents[3]
PATIENCE = 60.0
HEAVY = ("cryptography", "requests", "ssl", "smartcard", "asn1crypto", "keyring", "filelock", "_hashlib")
BEHIND = (
    "cardtool.pcsc",
    "cardtool.practice",
    "cardtool.ra.http",
    "cardtool.ra.client",
    "cardtool.flows.engine",
)
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_the_windows_process_loads_nothing_that_works_with_cards_or_ra(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.ui.walks.alone"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert "cardtool.ui.pages.results" in loaded
    parts = (*HEAVY, *BEHIND)
    assert [name for name in loaded if any(f"{name}.".startswith(f"{part}.") for part in parts)] == []


# --- backstage is killed -------------------------------------------------------------------------


def kill_backstage(app: Running) -> None:
    pid = app.front.remote().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def told_of_it(app: Running) -> FailurePage:
    app.until(lambda: isinstance(app.host.page, FailurePage))
    page = app.host.page
    assert page.chip.code() == "L902"
    assert all(label.text() for label in page._labels.values())
    return page


def again(app: Running) -> None:
    """The sign-in of a wizard that was cut off went with it."""
    app.go_on()
    sign_in(app, app.person.account, app.person.password)
    accept_terms_if_asked(app)


def test_killed_while_the_pin_is_asked_for_trying_again_goes_on(start: Start) -> None:
    app = start(Mouse())
    to_the_pin(app)
    kill_backstage(app)
    told_of_it(app)
    again(app)
    give_pin(app, "APC-3", app.person.pin)
    app.on("APC-6")


def test_killed_while_the_card_works_nothing_is_lost(start: Start) -> None:
    app = start(Mouse())
    to_the_pin(app)
    give_pin(app, "APC-3", app.person.pin)
    app.on("APC-4")
    app.until(lambda: app.act() == "create-key")
    kill_backstage(app)
    told_of_it(app)
    again(app)
    page = app.on("APC-3")
    assert page.resumed.isVisible()
    give_pin(app, "APC-3", app.person.pin)
    app.on("APC-6")


# --- the window is killed ------------------------------------------------------------------------


def children_of(process: int) -> set[int]:
    """All below it, by /proc/PID/stat (proc(5): the parent is the second field after the name)."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, waiting = set(), [process]
    while waiting:
        parent = waiting.pop()
        children = {child for child, its_parent in parents.items() if its_parent == parent}
        found |= children
        waiting.extend(children)
    return found


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def until(reached: Callable[[], object], why: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < deadline, why
        time.sleep(0.02)


@on_linux
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_when_the_window_is_killed_nothing_of_it_stays(home: Path, by: signal.Signals) -> None:
    window = subprocess.Popen([sys.executable, "-m", "cardtool", "--practice"], cwd=ROOT)
    try:
        until(lambda: len(children_of(window.pid)) >= 2, "backstage and the practice RA")
        children = children_of(window.pid)
    finally:
        window.send_signal(by)
        window.wait()
    until(lambda: not any(map(is_alive, children)), "they end with the window")


# --- secrets -------------------------------------------------------------------------------------


@on_linux
def test_pin_and_password_are_in_no_argument_environment_log_or_trace(start: Start, tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    app = start(Mouse(), "en", "--practice", "--trace", str(trace))
    to_the_pin(app)
    give_pin(app, "APC-3", app.person.pin)
    app.on("APC-6")
    processes = [os.getpid(), *children_of(os.getpid())]
    places = [Path(f"/proc/{process}/{what}") for process in processes for what in ("cmdline", "environ")]
    logs = [trace, *app.paths.log.iterdir()]
    assert {"cardtool-backstage.log", "trace.jsonl"} <= {path.name for path in logs}
    assert b"VERIFY" in trace.read_bytes()
    secrets = [app.person.pin.encode(), app.person.password.encode(), app.person.pin.encode().hex().encode()]
    found = [
        path for path in [*places, *logs] if path.exists() and any(s in path.read_bytes() for s in secrets)
    ]
    assert found == []
