"""Progress on standard error, one line an act; and the person's Ctrl-C as the wish to cancel."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from types import FrameType

from rich.console import Console

from cardtool.flows.ports import Act, PinOnReader
from cardtool.words import Words

NOTEWORTHY = 3.0
"""Seconds: an act that may take longer says beforehand how long it usually takes."""


class TerminalProgress:
    """Implements flows.ports.Progress."""

    def __init__(self, console: Console, words: Words) -> None:
        self._console = console
        self._words = words
        self._began = 0.0

    def planned(self, acts: Sequence[Act]) -> None:
        """Nothing to lay out: a terminal shows the acts as they come."""

    def started(self, act: Act) -> None:
        self._began = monotonic()
        usual = ""
        if act.usual[1] >= NOTEWORTHY:
            usual = self._words.text(
                "label.usual_time", shortest=round(act.usual[0]), longest=round(act.usual[1])
            )
        self._console.print(f"  … {self._words.act(act.name)} {usual}".rstrip(), style="dim")

    def finished(self, act: Act, *, skipped: bool) -> None:
        state = self._words.text("cli.skipped" if skipped else "cli.done")
        seconds = monotonic() - self._began
        self._console.print(f"  ✓ {self._words.act(act.name)} — {state} ({seconds:.1f} s)")

    def pin_on_reader(self, wanted: PinOnReader | None) -> None:
        if wanted is not None:
            key = "ui.pin.type_on_reader" if wanted.of is None else "ui.pin.type_on_reader_of"
            words = self._words.text(key, number=wanted.number, of=wanted.of or 0)
            self._console.print(f"  ⌨ {words}", style="bold", markup=False)


class InterruptCancel:
    """Implements flows.ports.Cancel: Ctrl-C while something is done is looked at between steps.

    A second one ends at once, and so does the first while the person is asked: then nothing is under way.
    """

    def __init__(self) -> None:
        self._requested = False
        self._asking = False

    def requested(self) -> bool:
        return self._requested

    @contextmanager
    def listening(self) -> Iterator[InterruptCancel]:
        before = signal.signal(signal.SIGINT, self._interrupted)
        try:
            yield self
        finally:
            signal.signal(signal.SIGINT, before)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around every question."""
        self._asking = True
        try:
            yield
        finally:
            self._asking = False

    def _interrupted(self, _number: int, _frame: FrameType | None) -> None:
        if self._requested or self._asking:
            raise KeyboardInterrupt
        self._requested = True
