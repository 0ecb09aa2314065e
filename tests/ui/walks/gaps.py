"""How long the window ever stood still: the largest gap of a 5 ms timer in its thread, for each act of a walk."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer

INTERVAL = 5
REPORT = Path(__file__).parents[3] / "build" / "ui" / "stalls.json"


@dataclass(frozen=True)
class Gap:
    """Milliseconds. ``gui`` and ``process``: CPU that the window's thread and the whole program used meanwhile.

    A gap with little of both is the computer's, which had other things to do; much ``process`` beside little
    ``gui`` is another thread of ours that held the interpreter. ``act``: the page, or which came after which.
    """

    gap: float = 0.0
    gui: float = 0.0
    process: float = 0.0
    act: str = ""

    def __str__(self) -> str:
        return f"{self.gap:6.1f} ms, {self.act} (window {self.gui:.1f}, program {self.process:.1f} ms of CPU)"


class Gaps(QObject):
    """Measures from its making until ``stop``. ``page`` tells where the window is, and changes nothing there."""

    def __init__(self, page: Callable[[], str]) -> None:
        super().__init__()
        self._worst: dict[str, Gap] = {}
        self._page = page
        self._here, self._last = page(), self._now()
        self._timer = QTimer(self, interval=INTERVAL, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def stop(self) -> tuple[Gap, ...]:
        """The worst of each act, the worst first."""
        self._timer.stop()
        return tuple(sorted(self._worst.values(), key=lambda gap: -gap.gap))

    def _now(self) -> tuple[float, float, float]:
        return time.perf_counter(), time.thread_time(), time.process_time()

    def _tick(self) -> None:
        now = self._now()
        gap, gui, process = (round((new - old) * 1000, 1) for new, old in zip(now, self._last, strict=True))
        before, self._here = self._here, self._page()
        act = self._here if self._here == before else f"{before} → {self._here}"
        if gap > self._worst.get(act, Gap()).gap:
            self._worst[act] = Gap(gap, gui, process, act)
        self._last = now


def report(walks: dict[str, Sequence[Gap]]) -> list[str]:
    """Write all figures down and return the worst of each walk as lines, the worst first."""
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    told = {name: [asdict(gap) for gap in gaps] for name, gaps in walks.items()}
    REPORT.write_text(json.dumps(told, indent=1, ensure_ascii=False), "utf-8")
    worst_first = sorted(
        ((gaps[0], name) for name, gaps in walks.items() if gaps), key=lambda one: -one[0].gap
    )
    return [f"{gap}  {name}" for gap, name in worst_first]
