"""Processors stacked around a Connection: raw APDUs below, whole commands and answers above.

Each is a ``Channel`` around a ``Channel`` and knows one thing only::

    ResponseChaining( CommandChaining( ExactLength( RawChannel( connection ))))
      61xx              CLA 0x10          6Cxx         bytes, one thread

With extended length, ``ExtendedLe`` stands around ``CommandChaining``.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Protocol

from cardtool.errors import CardAnswerMalformed, CardRemoved, Defect, ReaderFault
from cardtool.pcsc.apdu import (
    CLA_CHAINING,
    EXTENDED_LE_MAX,
    INS,
    SHORT_DATA_MAX,
    SHORT_LE_MAX,
    SW,
    Command,
    Response,
)
from cardtool.pcsc.atr import takes_extended_length
from cardtool.pcsc.transport import Connection

ANSWER_MAX = 64 * 1024
"""More than any object of a PIV or GIDS card; a card that goes on is broken or hostile."""
ANSWER_PARTS_MAX = 256


class Channel(Protocol):
    def send(self, command: Command) -> Response:
        """One command, one answer, whatever its status word. Raises what ``Connection.transmit`` raises."""
        ...


class OwnerThread:
    """A card belongs to the thread that opened it; any other is our own fault, not the card's."""

    def __init__(self) -> None:
        self._owner = threading.get_ident()

    def check(self) -> None:
        if threading.get_ident() != self._owner:
            raise Defect("WrongThread")


class RawChannel:
    """Bytes to and from the connection, for the one thread that opened it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._owner = OwnerThread()

    def send(self, command: Command) -> Response:
        self._owner.check()
        answer = self._connection.transmit(command.encode())
        if not answer:
            # A pull during the exchange can be reported as success with nothing in it.
            raise CardRemoved
        return Response.parse(answer, command.name)


class ExactLength:
    """6Cxx: the card wants Le to be exactly xx, so the command is sent once more with it."""

    def __init__(self, inner: Channel) -> None:
        self._inner = inner

    def send(self, command: Command) -> Response:
        response = self._inner.send(command)
        if response.sw1 != SW.WRONG_LE_FIELD >> 8:
            return response
        return self._inner.send(replace(command, le=response.sw2 or SHORT_LE_MAX))


class CommandChaining:
    """Data that does not fit into one short APDU goes in blocks with CLA bit 5 set on all but the last."""

    def __init__(self, inner: Channel, *, block: int = SHORT_DATA_MAX) -> None:
        self._inner = inner
        self._block = block

    def send(self, command: Command) -> Response:
        *blocks, last = _blocks(command.data, self._block)
        for block in blocks:
            link = replace(command, cla=command.cla | CLA_CHAINING, data=block, le=None)
            response = self._inner.send(link)
            if not response.ok:
                return response
        return self._inner.send(replace(command, data=last))


def _blocks(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)] or [b""]


class ResponseChaining:
    """61xx: the rest is fetched by GET RESPONSE, bounded in size and count."""

    def __init__(self, inner: Channel, *, limit: int = ANSWER_MAX) -> None:
        self._inner = inner
        self._limit = limit

    def send(self, command: Command) -> Response:
        response = self._inner.send(command)
        answer = bytearray(response.data)
        for _ in range(ANSWER_PARTS_MAX):
            if len(answer) > self._limit:
                break
            if response.sw1 != SW.DATA_AVAILABLE >> 8:
                return Response(bytes(answer), response.sw)
            response = self._inner.send(_get_response(command.cla, response.sw2))
            if response.sw1 == SW.DATA_AVAILABLE >> 8 and not response.data:
                break  # it leads us in circles
            answer += response.data
        raise CardAnswerMalformed(command.name)


def _get_response(cla: int, available: int) -> Command:
    return Command(cla & ~CLA_CHAINING, INS.GET_RESPONSE, 0, 0, le=available or SHORT_LE_MAX)


class ExtendedLe:
    """Asks GET DATA for everything at once; the card may still answer in parts (61xx).

    Only GET DATA: it can be asked again when a reader or card does not take the longer form after all, and then
    it is short for good. Long data to the card goes in chained blocks, which every card takes.
    """

    def __init__(self, inner: Channel) -> None:
        self._inner = inner
        self._works = True

    def send(self, command: Command) -> Response:
        if not self._works or command.ins != INS.GET_DATA or command.le != SHORT_LE_MAX:
            return self._inner.send(command)
        try:
            response = self._inner.send(replace(command, le=EXTENDED_LE_MAX))
        except ReaderFault:
            self._works = False
        else:
            self._works = response.sw not in _LENGTH_REFUSED
        return response if self._works else self._inner.send(command)


_LENGTH_REFUSED = frozenset({SW.WRONG_LENGTH, SW.CLASS_NOT_SUPPORTED})


def open_channel(connection: Connection, *, extended: bool | None = None) -> Channel:
    """The whole stack. ``extended`` Le where the card's ATR says that it takes it, unless it is decided here."""
    chained: Channel = CommandChaining(ExactLength(RawChannel(connection)))
    wanted = takes_extended_length(connection.atr) if extended is None else extended
    return ResponseChaining(ExtendedLe(chained) if wanted else chained)


def open_single(connection: Connection) -> Channel:
    """Short commands, and of each answer the first block only: for looking whether something changed."""
    return ExactLength(RawChannel(connection))
