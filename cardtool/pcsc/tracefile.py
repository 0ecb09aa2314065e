"""The trace as a file that only its owner can read, switched on by naming it; and read back for a replay."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import FileIO, TextIOWrapper
from pathlib import Path
from typing import TextIO

from cardtool.errors import CardToolError, FolderNotWritable, all_errors
from cardtool.pcsc.replay import REPLAY_ATR, Answer, Exchange, ReplayConnection, ReplayMismatch
from cardtool.pcsc.trace import TracingConnection
from cardtool.pcsc.transport import Connection

_PLAYABLE = {code: kind for code, kind in all_errors().items() if code.startswith(("C", "L"))}


@contextmanager
def tracing(path: Path) -> Iterator[Callable[[Connection], Connection]]:
    """``with tracing(path) as wrap: Desk(hub, wrap=wrap)``. Appends; mode 0600 also for a file that was there.

    Raises FolderNotWritable.
    """
    try:
        out = _open_private(path)
    except OSError:
        raise FolderNotWritable("trace") from None
    with out:
        yield lambda connection: TracingConnection(connection, out)


def _open_private(path: Path) -> TextIO:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, 0o600)
    return TextIOWrapper(FileIO(descriptor, "a"), encoding="utf-8", write_through=True)


def replay_of_trace(lines: Iterable[str], *, atr: bytes = REPLAY_ATR) -> ReplayConnection:
    """A card that says what the traced one said. What the trace withheld is zeros of the same length.

    Commands are compared by header and length, and by their data where the trace shows it. Raises
    ReplayMismatch for lines that are no trace.
    """
    try:
        entries = [dict(json.loads(line)) for line in lines if line.strip()]
        exchanges = [_exchange(entry) for entry in entries if "CONTROL" not in entry["command"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ReplayMismatch("not a trace") from None
    return ReplayConnection(exchanges, atr=atr)


def _exchange(entry: dict[str, str | int]) -> Exchange:
    header, length = bytes.fromhex(str(entry["header"])), int(entry["sent"])
    shown = bytes.fromhex(str(entry["data"])) if "data" in entry else b""

    def fits(command: bytes) -> bool:
        return len(command) == length and command.startswith(header) and shown in command

    return Exchange(fits, _answer(entry), f"{entry['command']}, {length} bytes")


def _answer(entry: dict[str, str | int]) -> Answer:
    if "error" in entry:
        kind: type[CardToolError] = _PLAYABLE[str(entry["error"])]
        return kind
    data = bytes.fromhex(str(entry["answer"])) if "answer" in entry else bytes(int(entry["received"]) - 2)
    return data + bytes.fromhex(str(entry["sw"]))
