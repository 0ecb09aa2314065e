"""The one thread that runs flows and owns all card I/O."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

Job = Callable[[], None]


class CardThread:
    """Jobs run one after the other, in the order they were given. A job handles its own errors.

    It starts with its first job, which comes after the first paint: to start a thread is to wait for it.
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="cards", daemon=True)

    def submit(self, job: Job) -> None:
        """From the window's thread."""
        self._jobs.put(job)
        if self._thread.ident is None:
            self._thread.start()

    def end(self) -> None:
        """Finish what was given, then end. Returns at once."""
        self._jobs.put(None)

    def join(self, timeout: float) -> bool:
        """Wait for the end; False if a job does not come back in ``timeout`` seconds."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def check_here(self) -> None:
        """Asserts that the caller runs on this thread."""
        assert threading.current_thread() is self._thread, "cards are used by their own thread only"

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
