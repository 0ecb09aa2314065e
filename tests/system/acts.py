"""Outside acts of real processes in one count: commands that pass the tap, requests that pass the gate.

A plan names an act and what shall happen just before it, during it (commands only) or just after it. Nothing
here waits for time to pass: the act itself is the moment, on fast machines and on slow ones.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class When(StrEnum):
    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


class Lost(Exception):
    """Raised by a plan: the act goes no further. Before: it never arrives; after: its answer never returns."""


def lose() -> None:
    raise Lost


@dataclass
class Plan:
    """``nth``: 1 for the first act of that name from now on."""

    when: When
    name: str
    do: Callable[[], object]
    nth: int = 1
    came: bool = False
    seen: int = 0

    def meets(self, when: When, name: str) -> bool:
        """Once: the act that makes this true is the one that was meant."""
        if self.came or (when, name) != (self.when, self.name):
            return False
        self.seen += 1
        self.came = self.seen == self.nth
        return self.came


class Acts:
    """``names`` are all acts so far, in order. Threads of tap and gate call ``before`` and ``after``."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._plans: list[Plan] = []
        self._lock = threading.Lock()

    def plan(self, when: When, name: str, do: Callable[[], object], nth: int = 1) -> Plan:
        planned = Plan(when, name, do, nth)
        with self._lock:
            self._plans.append(planned)
        return planned

    def before(self, name: str) -> None:
        """Raises Lost if that is planned."""
        with self._lock:
            self.names.append(name)
        self._meet(When.BEFORE, name)

    def during(self, name: str) -> None:
        """The card has the command and has not answered yet."""
        self._meet(When.DURING, name)

    def after(self, name: str) -> None:
        """Raises Lost if that is planned."""
        self._meet(When.AFTER, name)

    def _meet(self, when: When, name: str) -> None:
        with self._lock:
            due = [plan for plan in self._plans if plan.meets(when, name)]
        for plan in due:
            plan.do()
