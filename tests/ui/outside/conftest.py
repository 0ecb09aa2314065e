"""One program for the whole gate, on a desktop of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.outside.bus import Desktop, desktop
from tests.ui.outside.program import practice, terminal
from tests.ui.outside.visit import Visit

NEEDED = ("dbus-daemon", "evilwm")


@pytest.fixture(scope="module")
def own_desktop() -> Iterator[Desktop]:
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing or not os.environ.get("DISPLAY"):
        pytest.skip(f"needs a screen and {', '.join(NEEDED)}; missing: {', '.join(missing) or 'the screen'}")
    # Without a manager of windows no window has the focus.
    manager = subprocess.Popen(["evilwm", "-fn", "fixed"], stderr=subprocess.DEVNULL)
    own = {"QT_QPA_PLATFORM": "xcb", "GSETTINGS_BACKEND": "memory"}
    try:
        with desktop(os.environ | own) as opened:
            yield opened
    finally:
        manager.terminate()
        manager.wait()


@pytest.fixture(scope="module")
def visit(own_desktop: Desktop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    """Every page was visited. Somebody signed in before, in the terminal: nobody outside can read a captcha."""
    home = tmp_path_factory.mktemp("outside") / "home"
    terminal(own_desktop, home, "cards")
    person = person_of(home)
    letter = {"account": person["account"], "site_password": person["password"]}
    terminal(own_desktop, home, "account", "sign-in", answers=letter)
    with practice(own_desktop, home) as program:
        made = Visit(program, pin=person["pin"])
        made.everything()
        yield made


def person_of(home: Path) -> dict[str, str]:
    """The first who may apply, as the practice world's own table tells."""
    table = home / "practice" / "data" / "world" / "demo.json"
    rows = json.loads(table.read_text("utf-8"))["accounts"]
    return next(row for row in rows if row["situation"] == "fresh")
