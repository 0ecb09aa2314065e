"""Command chaining and answers in parts, below the applet (ISO/IEC 7816-4:2020 5.3.3 and 5.3.4)."""

from __future__ import annotations

from dataclasses import dataclass

from cardtool.pcsc.virtual.apdu import SELECT, Command
from cardtool.pcsc.virtual.status import (
    CHAIN_BROKEN,
    CONDITIONS_NOT_SATISFIED,
    FAILURE,
    MORE_DATA,
    OK,
    WRONG_LE,
    WRONG_LENGTH,
    Refused,
)

_LE_UNSAID = 256


@dataclass(frozen=True, kw_only=True)
class LinkLimits:
    """Sizes in bytes. ``breaks_when_overrun``: instead of 6700, 6F00 and then 6F61 until SELECT."""

    longest_command: int
    answer_block: int
    exact_get_response: bool = False
    breaks_when_overrun: bool = False


class Link:
    """Joins chained commands and hands long answers out in parts. A reset makes a new one."""

    def __init__(self, limits: LinkLimits) -> None:
        self._limits = limits
        self._chain: Command | None = None
        self._waiting = b""
        self._broken = False

    def join(self, command: Command) -> Command | None:
        """The whole command, or None while more of its chain is to come. Raises Refused."""
        if self._broken and command.ins != SELECT:
            raise Refused(CHAIN_BROKEN)
        self._broken = False
        self._waiting = b""
        whole = self._append(command)
        if len(whole.data) > self._limits.longest_command:
            self._overrun()
        self._chain = whole if command.chained else None
        return None if command.chained else whole

    def answer(self, data: bytes, command: Command) -> bytes:
        """As much of ``data`` as fits with its status word; the rest waits for GET RESPONSE."""
        size = min(command.le or _LE_UNSAID, self._limits.answer_block)
        self._waiting = data[size:]
        left = len(self._waiting)
        sw = MORE_DATA | min(left, 0xFF) if left else OK
        return data[:size] + sw.to_bytes(2, "big")

    def get_response(self, command: Command) -> bytes:
        left = len(self._waiting)
        if not left:
            raise Refused(CONDITIONS_NOT_SATISFIED)
        if self._limits.exact_get_response and (command.le or _LE_UNSAID) > left:
            raise Refused(WRONG_LE | left)
        return self.answer(self._waiting, command)

    def _append(self, command: Command) -> Command:
        """A command that does not continue the chain before it ends that chain."""
        before = self._chain
        self._chain = None
        continues = before is not None and (before.ins, before.p1, before.p2) == (
            command.ins,
            command.p1,
            command.p2,
        )
        data = before.data if before is not None and continues else b""
        return command.with_data(data + command.data)

    def _overrun(self) -> None:
        if not self._limits.breaks_when_overrun:
            raise Refused(WRONG_LENGTH)
        self._broken = True
        raise Refused(FAILURE)
