"""Screens: is there one, and a virtual one (Xvfb) for tests."""

from __future__ import annotations

import os
import platform
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

# Asked at run time, so that the types of every branch are checked on every system.
LINUX = platform.system() == "Linux"
WINDOWS = platform.system() == "Windows"


def has_display() -> bool:
    return not LINUX or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextmanager
def virtual_screen() -> Iterator[dict[str, str]]:
    """Environment variables for a process with a screen of its own (Windows, macOS: the real screen)."""
    if not LINUX:
        yield dict(os.environ)
        return
    with tempfile.TemporaryDirectory() as runtime, xvfb() as display:
        environment = {name: value for name, value in os.environ.items() if name != "WAYLAND_DISPLAY"}
        # Qt warns of a missing runtime folder, and warnings fail our tests.
        yield environment | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "XDG_RUNTIME_DIR": runtime}


@contextmanager
def xvfb(*options: str) -> Iterator[str]:
    """A running Xvfb on a display number that it chose itself, with the size that pages must fit."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1366x768x24", "-nolisten", "tcp", *options],
        pass_fds=[write],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as answer:
            number = answer.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()
