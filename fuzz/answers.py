"""A card that answers whatever the fuzzer made up: the bytes of an input, read as a row of answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from cardtool.errors import CardRemoved
from cardtool.pcsc.transport import Connection, ReaderState

ANSWER_MAX = 1 << 10
COMMANDS_MAX = 100_000
"""More than any of the targets may need, at one byte an answer: beyond it, the client is led in circles."""


class Endless(AssertionError):
    """The client does not stop asking."""


def encode_answers(answers: Sequence[bytes], *, flags: int = 0) -> bytes:
    """The input that makes ``FuzzedCard`` give ``answers``: for seeds."""
    return bytes([flags]) + b"".join(len(answer).to_bytes(2, "big") + answer for answer in answers)


class FuzzedCard:
    """``Connection``. Bit 0 of the first byte: at the end the last answer is repeated for ever, else 6A82.

    Bit 1: the ATR says that extended length is taken. An empty answer is what some readers give after a pull.
    """

    def __init__(self, data: bytes) -> None:
        self._flags, self._rest = (data[0], data[1:]) if data else (0, b"")
        self._last = b"\x6a\x82"
        self.commands = 0

    reader = "Fuzzed Reader 0"
    features: Mapping[int, int] = {}

    @property
    def atr(self) -> bytes:
        return bytes.fromhex("3B87800173C021C0" if not self._flags & 2 else "3B8580018073C021C000")

    def transmit(self, command: bytes) -> bytes:
        assert len(command) >= 4
        self.commands += 1
        if self.commands > COMMANDS_MAX:
            raise Endless
        answer = self._next()
        if not answer:
            raise CardRemoved
        return answer

    def _next(self) -> bytes:
        if len(self._rest) < 2:
            return self._last if self._flags & 1 else b"\x6a\x82"
        size = int.from_bytes(self._rest[:2], "big") % ANSWER_MAX
        self._last, self._rest = self._rest[2 : 2 + size], self._rest[2 + size :]
        return self._last

    def control(self, _code: int, data: bytes) -> bytes:
        return self.transmit(data.ljust(4, b"\0"))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        yield

    def keep_alive(self) -> None: ...

    def disconnect(self, *, reset: bool) -> None: ...


class FuzzedHub:
    """``ReaderHub`` with one reader; every connection goes on where the last one ended."""

    def __init__(self, data: bytes) -> None:
        self.card = FuzzedCard(data)

    def readers(self) -> Sequence[ReaderState]:
        return [ReaderState(self.card.reader, self.card.atr)]

    def connect(self, reader: str) -> Connection:
        return self.card

    def wait_for_change(self, known: Sequence[ReaderState], timeout: float) -> bool:
        return False

    def interrupt(self) -> None: ...
