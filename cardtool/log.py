"""The log file: per user, 0600, rotating, and made of an allow-list instead of texts.

What is written is an event: a fixed name, and a few numbers and words that ``ALLOWED`` lists. Any other
record (a library's message, a text with arguments, an exception's text) may hold anything, so only its
source and class are kept. A secret has no way in.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from io import FileIO, TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from cardtool.errors import CardToolError, FolderNotWritable

log = logging.getLogger(__name__)
logging.getLogger("cardtool").addHandler(logging.NullHandler())  # else Python prints to stderr before we log

Datum = int | float | str | bool | None

WORD = r"[a-z]+(?:-[a-z]+)*"
ALLOWED = {
    **dict.fromkeys(("act", "step", "kind", "state"), WORD),
    **dict.fromkeys(("count", "attempt", "length", "size", "seconds", "status", "sw", "exit_status"), ""),
    "code": r"[CRLPU][0-9]{3}",
    "command": r"[A-Z]+(?: [A-Z]+)*",
    "flow": r"[A-Z]{3}",
    "method": r"[A-Z]{3,7}",
    "page": r"[A-Z]{3,4}(?:-[0-9]{1,2})?",
    "practice": "",
    "slot": r"[0-9A-F]{2}",
    "version": r"[0-9]+(?:\.[0-9]+){1,3}",
    "what": r"[A-Za-z]{1,40}",
}
"""The data an event may have, with the form of their texts; empty: numbers and flags only. No text that a
person types, and no identifier of a person or card, has one of these forms under these names."""

EVENT_NAME = re.compile(WORD)
LONGEST = 48
LEVELS = {"error": logging.ERROR, "warning": logging.WARNING, "info": logging.INFO, "debug": logging.DEBUG}
OURS = ("cardtool", "server_stub")
FILE_NAME, BACKSTAGE_FILE = "cardtool.log", "cardtool-backstage.log"
"""The process behind the window has a file of its own: two processes cannot rotate one."""
FILES = (FILE_NAME, BACKSTAGE_FILE)
LARGEST_FILE = 1024 * 1024
OLD_FILES = 3
FRAMES = 12


def event(logger: logging.Logger, name: str, /, level: int = logging.INFO, **data: Datum) -> None:
    """Log an event. ``name`` and ``data`` are what ``ALLOWED`` permits; anything else is withheld."""
    logger.log(level, name, extra={"data": data})


def start_logging(folder: Path, level: str = "info", name: str = FILE_NAME) -> logging.Handler:
    """Write to the file of that name from now on. Raises FolderNotWritable. End with ``stop_logging``."""
    try:
        handler = PrivateRotatingFile(
            folder / name, maxBytes=LARGEST_FILE, backupCount=OLD_FILES, encoding="utf-8"
        )
    except OSError:
        raise FolderNotWritable("log") from None
    handler.setFormatter(AllowListFormatter())
    handler.addFilter(_worth_keeping)
    root = logging.getLogger()
    root.addHandler(handler)
    for package in OURS:
        logging.getLogger(package).setLevel(LEVELS.get(level, logging.INFO))
    return handler


def log_uncaught() -> None:
    """From now on an exception that nobody caught, on any thread, is logged and printed nowhere: its text may
    hold anything."""

    def on_main(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        log.critical("uncaught", exc_info=error)

    def on_thread(found: threading.ExceptHookArgs) -> None:
        log.critical("uncaught", exc_info=found.exc_value)

    sys.excepthook = on_main
    threading.excepthook = on_thread


def stop_logging(handler: logging.Handler) -> None:
    logging.getLogger().removeHandler(handler)
    handler.close()


class PrivateRotatingFile(RotatingFileHandler):
    """Rotating file that only its owner can read, from its first byte on."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return TextIOWrapper(FileIO(descriptor, "a"), encoding="utf-8", write_through=True)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """A full disk must not stop the work, nor print the record to stderr as logging would."""


class AllowListFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        parts = [f"{when}.{int(record.msecs):03d}Z", record.levelname, record.name, *_content(record)]
        if record.exc_info and record.exc_info[1] is not None:
            parts.extend(_exception(record.exc_info[1]))
        return " ".join(parts)


def _worth_keeping(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.split(".")[0] in OURS


def _content(record: logging.LogRecord) -> list[str]:
    data = getattr(record, "data", None)
    if isinstance(data, Mapping) and isinstance(record.msg, str) and EVENT_NAME.fullmatch(record.msg):
        shown = (f"{name}={_shown(name, value)}" for name, value in data.items() if name in ALLOWED)
        return [record.msg, *shown]
    return [f"(text withheld) {record.module}:{record.lineno}"]


def _shown(name: str, value: object) -> str:
    if value is None or value == "" or isinstance(value, bool | int | float):
        return str(value)
    fits = isinstance(value, str) and len(value) <= LONGEST and re.fullmatch(ALLOWED[name], value, re.ASCII)
    return str(value) if fits else "(withheld)"


def _exception(error: BaseException) -> list[str]:
    """Class, code and places of an exception, never its text."""
    code = f" {error.code}" if isinstance(error, CardToolError) and hasattr(error, "code") else ""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    places = (f"{Path(frame.filename).name}:{frame.lineno}:{frame.name}" for frame in frames)
    return [f"{type(error).__name__}{code}", " < ".join(reversed(list(places)))]
