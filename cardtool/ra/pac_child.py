"""Evaluates one proxy auto-configuration (PAC) file: a process of its own, so that it can be ended.

Reads JSON from standard input, ``{"pac": text, "url": …, "host": …}``, and prints a JSON list, each item
``DIRECT`` or a proxy's URL. It is run by its path, without our packages; see cardtool/ra/pac.py.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import dukpy

MOST_PROXIES = 16
LONGEST_ANSWER = 4096
LIBRARYS_OWN = "dukpy."


class PureInterpreter(dukpy.JSInterpreter):  # type: ignore[misc] # untyped library
    """Computes, and calls what PAC files are promised; dukpy's own way to load files is not handed in."""

    def export_function(self, name: str, func: Callable[..., Any]) -> None:
        if not name.startswith(LIBRARYS_OWN):
            super().export_function(name, func)


def proxies_of(pac: str, url: str, host: str) -> list[str]:
    """What FindProxyForURL answers; an empty answer is DIRECT. Raises what the libraries raise."""
    dukpy.JSInterpreter = PureInterpreter  # PyPAC takes it from there when it makes a PACFile
    from pypac.parser import PACFile, parse_pac_value  # noqa: PLC0415

    answer = PACFile(pac).find_proxy_for_url(url, host)
    found: list[str] = parse_pac_value((answer or "DIRECT")[:LONGEST_ANSWER])
    return found[:MOST_PROXIES]


def main() -> int:
    """The exit status: 0, or any other without words (a PAC file's own might be in them)."""
    try:
        task = json.load(sys.stdin)
        found = proxies_of(task["pac"], task["url"], task["host"])
    except Exception:  # noqa: BLE001 # whatever a stranger's program makes the libraries raise
        return 1
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
