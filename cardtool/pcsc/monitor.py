"""Tells when readers and cards come and go, from a thread of its own, without waking an idle computer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from cardtool.errors import CardToolError
from cardtool.pcsc.transport import ReaderHub, ReaderState

WAIT_SECONDS = 3600.0
BACK_OFF_FIRST = 0.25
BACK_OFF_LAST = 5.0

Changed = Callable[[Sequence[ReaderState], CardToolError | None], None]


class Monitor:
    """Calls ``changed(readers, None)`` at the start and after every change, from the monitor's thread.

    While the PC/SC service is away it calls ``changed([], error)`` once and tries again, ever more slowly
    up to every 5 s; when the service returns the readers are told anew. A failure is told when the second try
    confirms it: a service that is just ending or restarting answers with all sorts of errors.
    """

    def __init__(self, hub: ReaderHub, changed: Changed) -> None:
        self._hub = hub
        self._changed = changed
        self._stopping = threading.Event()
        # Codes of the last failure since the readers were seen, and of the last one told.
        self._failed, self._told = "", ""
        self._pause = BACK_OFF_FIRST
        self._thread = threading.Thread(target=self._run, name="card-monitor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it. Safe to call twice, or without a start; not from ``changed``."""
        self._stopping.set()
        while self._thread.is_alive():
            # Again and again: the thread may have been on its way into the wait.
            self._hub.interrupt()
            self._thread.join(0.05)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._watch()
            except CardToolError as error:
                self._fail(error)

    def _watch(self) -> None:
        """Tell the readers now, then wait until they differ."""
        readers = self._hub.readers()
        self._failed, self._told, self._pause = "", "", BACK_OFF_FIRST
        self._changed(readers, None)
        while not self._stopping.is_set():
            if self._hub.wait_for_change(readers, WAIT_SECONDS):
                return

    def _fail(self, error: CardToolError) -> None:
        if error.code == self._failed != self._told:
            self._told = error.code
            self._changed([], error)
        self._failed = error.code
        self._stopping.wait(self._pause)
        self._pause = min(self._pause * 2, BACK_OFF_LAST)
