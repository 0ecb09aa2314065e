"""Work in small pieces, between which the window answers: what is made ahead of time, what need not be at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

Piece = Callable[[], object]


class Turns(QObject):
    """One piece for each round of the event loop, in the order they were given; a piece takes 20 ms at most.

    Not by ``QTimer.singleShot(0)``: what it posts is often done in the same round as what posted it. And the timer
    starts anew after a piece, else it would be due before whatever came due meanwhile.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pieces: deque[Piece] = deque()
        self._timer = QTimer(self, interval=0, singleShot=True)
        self._timer.timeout.connect(self._take)

    def add(self, *pieces: Piece) -> None:
        self._pieces.extend(pieces)
        self._timer.start()

    def finish(self) -> None:
        """Do at once what is left."""
        while self._pieces:
            self._take()
        self._timer.stop()

    def drop(self) -> None:
        """Do no more of it."""
        self._pieces.clear()
        self._timer.stop()

    def _take(self) -> None:
        piece = self._pieces.popleft()
        try:
            piece()
        finally:
            if self._pieces:
                self._timer.start()
