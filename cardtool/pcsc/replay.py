"""A card that knows one conversation by heart and accepts no other: strict replay for tests.

A script is text, written to be read::

    # the PIV application is selected
    > 00A40404 09 A00000030800001000 00
    < 61 0C 4F 06 000010000100 79 02 4F 00  9000
    # the card is pulled
    > 00CB3FFF 05 5C035FC102 00
    ! CardRemoved

``>`` is what must be sent, ``<`` what is answered, ``!`` an error of ``cardtool.errors`` without fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from cardtool import errors
from cardtool.errors import CardToolError

REPLAY_ATR = bytes.fromhex("3B800181")


class ReplayMismatch(AssertionError):
    """Something else was sent than the script says, or the script was not played to its end."""


Answer = bytes | type[CardToolError]


@dataclass(frozen=True)
class Exchange:
    """A command that ``fits``, and what is answered; ``comment`` says in words what is expected."""

    fits: Callable[[bytes], bool]
    answer: Answer
    comment: str


def parse_script(text: str) -> list[Exchange]:
    """Read a script. Raises ReplayMismatch where it makes no sense."""
    steps: list[Exchange] = []
    comment, command = "", b""
    for line in (line.strip() for line in text.splitlines()):
        kind, rest = line[:1], line[1:].strip()
        if kind == "#":
            comment = rest
        elif kind == ">":
            command = bytes.fromhex(rest)
        elif kind in {"<", "!"} and command:
            expected = f"{comment}: expected {command.hex()}"
            steps.append(Exchange(command.__eq__, _outcome(kind, rest), expected))
            command = b""
        elif kind:
            raise ReplayMismatch(f"not a line of a script: {line}")
    return steps


def _outcome(kind: str, rest: str) -> Answer:
    if kind == "<":
        return bytes.fromhex(rest)
    outcome: type[CardToolError] = getattr(errors, rest)
    return outcome


class ReplayConnection:
    """``Connection`` that plays a script, or exchanges made elsewhere. Call ``finish`` at the end."""

    def __init__(
        self, script: str | Sequence[Exchange], *, reader: str = "Replay 0", atr: bytes = REPLAY_ATR
    ) -> None:
        self._steps = parse_script(script) if isinstance(script, str) else script
        self._played = 0
        self._reader = reader
        self._atr = atr
        self.was_reset: bool | None = None
        """How it was disconnected; None while it is connected."""

    @property
    def reader(self) -> str:
        return self._reader

    @property
    def atr(self) -> bytes:
        return self._atr

    @property
    def features(self) -> Mapping[int, int]:
        return {}

    def transmit(self, command: bytes) -> bytes:
        if self._played == len(self._steps):
            raise ReplayMismatch(f"the script is over, but this was sent: {command.hex()}")
        step = self._steps[self._played]
        if not step.fits(command):
            raise ReplayMismatch(f"{step.comment}, got {command.hex()}")
        self._played += 1
        if isinstance(step.answer, bytes):
            return step.answer
        raise step.answer()

    def control(self, code: int, data: bytes) -> bytes:
        raise ReplayMismatch(f"no control code in a script: {code:08X}, {len(data)} bytes")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        yield

    def keep_alive(self) -> None:
        """Nothing happens between the lines of a script."""

    def disconnect(self, *, reset: bool) -> None:
        self.was_reset = reset

    def finish(self) -> None:
        """Raises ReplayMismatch if lines are left."""
        if self._played < len(self._steps):
            step = self._steps[self._played]
            raise ReplayMismatch(f"never sent: {step.comment}")
