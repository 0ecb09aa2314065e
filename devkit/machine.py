"""Packages of the operating system, through apt on Debian and Ubuntu.

Windows and macOS need none: wheels bring everything. On another Linux the person installs the same under its
own names (docs/development.md).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable

from devkit import SetupError, quietly

# libpcsclite1 is opened by pyscard at run time.
BASE = ("libpcsclite1",)
# pyscard has no Linux wheel; it is compiled once, when the environment is made.
BUILD = ("gcc", "libc6-dev", "libpcsclite-dev")
# What Qt's xcb platform opens, and a face with Traditional Chinese glyphs.
WINDOW = (
    "fonts-noto-cjk",
    "libdbus-1-3",
    "libegl1",
    "libfontconfig1",
    "libgl1",
    "libglib2.0-0",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-keysyms1",
    "libxcb-shape0",
    "libxkbcommon-x11-0",
)
# What cuts Qt's ICU data, and strips libraries.
FREEZE = ("binutils", "gcc", "icu-devtools")
# A virtual screen, the real card service with its virtual reader, and foreign programs that judge our cards.
TESTS = (
    *("curl", "opensc", "openssl", "pcscd", "softhsm2", "vsmartcard-vpcd", "xvfb", "yubico-piv-tool"),
    # The bus that screen readers listen to, and a manager of windows: without one no window has the focus.
    *("at-spi2-core", "dbus-daemon", "evilwm"),
    # Made anew for each run by the tests of an RA with several workers; the package's own cluster is left alone.
    "postgresql",
    # An EST client of others that enrols at our RA.
    *("default-jdk-headless", "libbcpkix-java", "libbcprov-java"),
)


def need(packages: Iterable[str]) -> None:
    """Install those of ``packages`` that are missing. Raises SetupError where that is not possible."""
    if not is_debian():
        return
    missing = sorted(set(packages) - installed())
    if missing:
        install(missing)


def is_debian() -> bool:
    return sys.platform == "linux" and bool(shutil.which("dpkg-query")) and bool(shutil.which("apt-get"))


def installed() -> set[str]:
    """Names of the installed packages and of what they provide (libglib2.0-0t64 provides libglib2.0-0)."""
    listing = quietly(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}|${Package}|${Provides}\n"])
    names: set[str] = set()
    for line in listing.stdout.splitlines():
        status, package, provides = line.split("|", 2)
        if status.startswith("ii"):
            names |= {package} | {name.split()[0] for name in provides.split(",") if name.strip()}
    return names


def install(packages: list[str]) -> None:
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    administrator = as_administrator()
    if administrator is None:
        raise SetupError(f"System packages are missing. Please run:\n  sudo {' '.join(command)}")
    print(f"Installing system packages: {' '.join(packages)}", flush=True)
    # A source that is out of reach must not stop the others: whether it matters, the installation shows.
    quietly([*administrator, "apt-get", "update"])
    result = quietly([*administrator, *command])
    if result.returncode != 0:
        raise SetupError(f"{result.stdout}\nThis did not work:\n  {' '.join(command)}")


def as_administrator() -> list[str] | None:
    """How to begin a command that needs root: with nothing, with sudo, or (None) not at all."""
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive"]
    if os.access("/etc/apt", os.W_OK):  # root, or as good as root (Windows has no geteuid to ask)
        return quiet
    if not shutil.which("sudo"):
        return None
    without_password = subprocess.call(["sudo", "-n", "true"], stderr=subprocess.DEVNULL) == 0
    return ["sudo", *quiet] if without_password or sys.stdin.isatty() else None
