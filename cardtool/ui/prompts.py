"""The window's side of ``flows.ports``: questions and progress cross from the flow's thread to the window's."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal

from cardtool.errors import Cancelled

if TYPE_CHECKING:
    from cardtool.flows.ports import Act, PinOnReader, Question


class QtPrompts(QObject):
    """Implements ``flows.ports.Prompts``. ``asked`` arrives in the window's thread."""

    asked = Signal(object)
    _crossing = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._answers: SimpleQueue[object] = SimpleQueue()
        self._lock = threading.Lock()
        self._waiting = self._closed = False
        self._crossing.connect(self.asked, Qt.ConnectionType.QueuedConnection)

    def ask(self, question: Question[Any]) -> Any:
        """On the flow's thread: blocks until ``answer``, ``back`` or ``close``. Raises Back, Cancelled."""
        with self._lock:
            if self._closed:
                raise Cancelled
            self._waiting = True
        self._crossing.emit(question)
        outcome = self._answers.get()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def answer(self, answer: object) -> bool:
        """False if nothing was asked: a second click on a button answers nothing."""
        return self._settle(answer)

    def back(self) -> bool:
        from cardtool.flows.ports import Back

        return self._settle(Back())

    def close(self) -> None:
        """Whoever asks now or later is told Cancelled: a closing window never leaves a flow waiting."""
        with self._lock:
            self._closed = True
        self._settle(Cancelled())

    def _settle(self, outcome: object) -> bool:
        with self._lock:
            if not self._waiting:
                return False
            self._waiting = False
        self._answers.put(outcome)
        return True


class QtProgress(QObject):
    """Implements ``flows.ports.Progress`` and ``Cancel``. Its signals arrive in the window's thread."""

    planned_acts = Signal(object)
    act_started = Signal(object)
    act_finished = Signal(object, bool)
    reader_asks = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._cancel = threading.Event()

    def planned(self, acts: Sequence[Act]) -> None:
        self.planned_acts.emit(tuple(acts))

    def started(self, act: Act) -> None:
        self.act_started.emit(act)

    def finished(self, act: Act, *, skipped: bool) -> None:
        self.act_finished.emit(act, skipped)

    def pin_on_reader(self, wanted: PinOnReader | None) -> None:
        self.reader_asks.emit(wanted)

    def request_cancel(self) -> None:
        self._cancel.set()

    def requested(self) -> bool:
        return self._cancel.is_set()
