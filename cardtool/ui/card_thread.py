"""The one thread that runs flows and owns all card I/O."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

Job = Callable[[], None]


class CardThread:
    """Jobs run one after the other, in the order they were given. A job handles its own errors."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="cards", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        self._jobs.put(job)

    def end(self) -> None:
        """Finish what was given, then end. Returns at once."""
        self._jobs.put(None)

    def join(self, timeout: float) -> bool:
        """Wait for the end; False if a job does not come back in ``timeout`` seconds."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def check_here(self) -> None:
        """Asserts that the caller runs on this thread."""
        assert threading.current_thread() is self._thread, "cards are used by their own thread only"

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
