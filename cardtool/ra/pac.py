"""A proxy auto-configuration (PAC) file: fetched within limits, evaluated where it can only compute.

The format is what browsers agree on (MDN, "Proxy Auto-Configuration (PAC) file"): JavaScript from the network,
often over plain http. So it is run in a process of its own, without environment, without a way to files, within
the engine's bound of memory; the process is ended after a few seconds (the engine cannot be interrupted).
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import requests
from urllib3.exceptions import HTTPError

from cardtool.log import event
from cardtool.ra.address import RaAddress
from cardtool.ra.lines import Lines, TrustingAdapter
from cardtool.ra.tls import trusting_context

log = logging.getLogger(__name__)

DIRECT = "DIRECT"
LARGEST = 1024 * 1024
FETCH_SECONDS = 4.0
EVALUATE_SECONDS = 4.0
MOST_REDIRECTS = 3
CHILD = Path(__file__).with_name("pac_child.py")
FROZEN_COMMAND = "evaluate-pac"
USED_SCHEMES = ("http", "https")
"""Not socks: requests speaks it only with a library more."""
NEEDED_BY_WINDOWS = ("SYSTEMROOT",)
"""Without it no socket opens there, and names are not resolved."""


def proxies_by_pac(pac_url: str, address: RaAddress, lines: Lines) -> list[str]:
    """The answer for ``address``, in its order: proxies' URLs and DIRECT. Empty if there is none to be had."""
    pac = _fetch(pac_url, lines)
    if pac is None:
        event(log, "pac-unusable", logging.WARNING, step="fetch")
        return []
    found = [proxy for proxy in _evaluate(pac, address) or [] if _is_usable(proxy)]
    if not found:
        event(log, "pac-unusable", logging.WARNING, step="evaluate")
    return found


def _fetch(pac_url: str, lines: Lines) -> str | None:
    try:
        parts = urlsplit(pac_url)
        if parts.scheme == "file":
            content = _read_file(url2pathname(parts.path)) if parts.netloc in ("", "localhost") else None
        else:
            content = _download(pac_url, lines)
    except (requests.RequestException, HTTPError, OSError, ValueError):
        return None
    if content is None or len(content) > LARGEST:
        return None
    return content.decode("utf-8-sig", errors="replace")


def _read_file(path: str) -> bytes | None:
    if not Path(path).is_file():  # a pipe would have us wait
        return None
    with open(path, "rb") as file:
        return file.read(LARGEST + 1)


def _download(pac_url: str, lines: Lines) -> bytes | None:
    """Without any proxy; no more than one byte above the limit."""
    with requests.Session() as session, lines.deadline(FETCH_SECONDS) as passed:
        session.trust_env = False
        session.max_redirects = MOST_REDIRECTS
        session.mount("https://", TrustingAdapter(trusting_context(), lines))
        session.mount("http://", TrustingAdapter(trusting_context(), lines))
        headers = {"Accept-Encoding": "identity"}
        with session.get(pac_url, headers=headers, timeout=FETCH_SECONDS, stream=True) as response:
            content: bytes = response.raw.read(LARGEST + 1)
        return content if response.ok and not passed.is_set() else None


def _evaluate(pac: str, address: RaAddress) -> list[str] | None:
    # As browsers do for https, the file learns the host, not the path.
    task = {"pac": pac, "url": f"{address.origin}/", "host": address.host}
    try:
        done = subprocess.run(  # noqa: S603 # our own program
            _command(),
            input=json.dumps(task),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="ascii",
            timeout=EVALUATE_SECONDS,
            check=True,
            env={name: os.environ[name] for name in NEEDED_BY_WINDOWS if name in os.environ},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        found: list[str] = json.loads(done.stdout)
        return found
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _command() -> list[str]:
    """As a file from source (isolated: no folder of ours on its path), as the program itself when frozen."""
    if getattr(sys, "frozen", False):
        return [str(Path(sys.executable).with_stem("cardtool")), FROZEN_COMMAND]
    return [sys.executable, "-I", str(CHILD)]


def _is_usable(proxy: str) -> bool:
    if proxy == DIRECT:
        return True
    try:
        parts = urlsplit(proxy)
        return parts.scheme in USED_SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
