"""How long the window ever stood still: the largest gap of a 5 ms timer in its thread."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer

INTERVAL = 5
REPORT = Path(__file__).parents[3] / "build" / "ui" / "stalls.json"


@dataclass(frozen=True)
class Gap:
    """Milliseconds. ``gui`` and ``process``: CPU that the window's thread and the whole program used meanwhile.

    A gap with little of both is the computer's, which had other things to do; much ``process`` beside little
    ``gui`` is another thread of ours that held the interpreter.
    """

    gap: float = 0.0
    gui: float = 0.0
    process: float = 0.0
    page: str = ""

    def __str__(self) -> str:
        return (
            f"{self.gap:6.1f} ms on {self.page} (window {self.gui:.1f}, program {self.process:.1f} ms of CPU)"
        )


class Gaps(QObject):
    """Measures from its making until ``stop``. ``page`` tells where the window is."""

    def __init__(self, page: Callable[[], str]) -> None:
        super().__init__()
        self.worst = Gap()
        self._page = page
        self._last = self._now()
        self._timer = QTimer(self, interval=INTERVAL, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def stop(self) -> Gap:
        self._timer.stop()
        return self.worst

    def _now(self) -> tuple[float, float, float]:
        return time.perf_counter(), time.thread_time(), time.process_time()

    def _tick(self) -> None:
        now = self._now()
        gap, gui, process = ((new - old) * 1000 for new, old in zip(now, self._last, strict=True))
        if gap > self.worst.gap:
            self.worst = Gap(round(gap, 1), round(gui, 1), round(process, 1), self._page())
        self._last = now


def report(walks: dict[str, Gap]) -> list[str]:
    """Write the figures down and return them as lines, the worst first."""
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps({name: asdict(gap) for name, gap in walks.items()}, indent=1), "utf-8")
    worst_first = sorted(walks.items(), key=lambda entry: -entry[1].gap)
    return [f"{gap}  {name}" for name, gap in worst_first]
