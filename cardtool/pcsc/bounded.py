"""A time limit for calls that have none: PC/SC waits for ever while another program holds a card."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class _Attempt(Generic[Result]):
    """One call in a thread of its own; whoever comes last, caller or result, clears up."""

    def __init__(self, call: Callable[[], Result], undo: Callable[[Result], None]) -> None:
        self._call = call
        self._undo = undo
        self._lock = threading.Lock()
        self._abandoned = False
        self.results: list[Result] = []
        self.errors: list[BaseException] = []

    def run(self) -> None:
        try:
            result = self._call()
        except BaseException as error:  # noqa: BLE001  (handed to the caller's thread)
            self.errors.append(error)
            return
        with self._lock:
            self.results.append(result)
            late = self._abandoned
        if late:
            self._undo(result)

    def abandon(self) -> bool:
        """Give up; False if the result came after all."""
        with self._lock:
            self._abandoned = not self.results
            return self._abandoned


def call_within(seconds: float, call: Callable[[], Result], undo: Callable[[Result], None]) -> Result:
    """Run ``call`` for at most ``seconds``. A result that comes later is given to ``undo``.

    Raises TimeoutError, and whatever ``call`` raises.
    """
    attempt = _Attempt(call, undo)
    thread = threading.Thread(target=attempt.run, name="bounded-card-call", daemon=True)
    thread.start()
    thread.join(seconds)
    if attempt.errors:
        raise attempt.errors[0]
    if not attempt.results and attempt.abandon():
        raise TimeoutError
    return attempt.results[0]
