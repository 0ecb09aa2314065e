"""One run of a flow on the card thread, seen from the window."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal

from cardtool.errors import Cancelled, CardToolError, Defect
from cardtool.ui.card_thread import CardThread
from cardtool.ui.prompts import QtProgress, QtPrompts

Start = Callable[[QtPrompts, QtProgress, QtProgress], object]
"""Runs a flow to its end on the card thread and returns its result. Ports: prompts, progress, cancel."""

log = logging.getLogger(__name__)


class FlowRun(QObject):
    """``prompts`` and ``progress`` carry the talk; one of the three signals ends it, in the window's thread."""

    succeeded = Signal(object)
    failed = Signal(object)
    cancelled = Signal()
    _ended = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.prompts, self.progress = QtPrompts(), QtProgress()
        self._ended.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def begin(self, thread: CardThread, start: Start) -> None:
        thread.submit(lambda: self._ended.emit(self._result(start)))

    def stop(self) -> None:
        """The person leaves: the flow ends at its next question or step."""
        self.progress.request_cancel()
        self.prompts.close()

    def _result(self, start: Start) -> object:
        try:
            return start(self.prompts, self.progress, self.progress)
        except CardToolError as error:
            return error
        except Exception as error:  # noqa: BLE001 - the last net: a defect is told as one, never as text
            log.error("defect in a flow: %s", type(error).__name__)
            return Defect(type(error).__name__)

    def _tell(self, result: object) -> None:
        if isinstance(result, Cancelled):
            self.cancelled.emit()
        elif isinstance(result, CardToolError):
            self.failed.emit(result)
        else:
            self.succeeded.emit(result)
