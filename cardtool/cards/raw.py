"""One card without interpretation, for the expert: identified first, then bytes as typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from cardtool.cards.identify import identify
from cardtool.errors import NoCard, NoReader, SeveralCards
from cardtool.pcsc.apdu import Command
from cardtool.pcsc.chaining import open_channel
from cardtool.pcsc.transport import Connection, ReaderHub, ReaderState


class RawCard:
    """``kind`` as CardOverview has it. ``send`` answers data, SW1, SW2, with 61xx and 6Cxx followed."""

    def __init__(self, connection: Connection) -> None:
        self._channel = open_channel(connection)
        self.kind = identify(self._channel).value

    def send(self, command: bytes) -> bytes:
        response = self._channel.send(Command.parse(command))
        return response.data + response.sw.to_bytes(2, "big")


@contextmanager
def open_raw_card(
    hub: ReaderHub, reader: str = "", wrap: Callable[[Connection], Connection] | None = None
) -> Iterator[RawCard]:
    """The card in ``reader``, or the only one there is; reset afterwards, whatever was done to it.

    ``wrap`` is put around the connection, e.g. a trace. Raises NoReader, NoCard, SeveralCards and what
    ``ReaderHub.connect`` raises.
    """
    connection = hub.connect(reader or _only_card(hub.readers()))
    connection = wrap(connection) if wrap else connection
    try:
        with connection.transaction():
            yield RawCard(connection)
    finally:
        connection.disconnect(reset=True)


def _only_card(readers: Sequence[ReaderState]) -> str:
    with_card = [state.name for state in readers if state.atr is not None]
    if len(with_card) == 1:
        return with_card[0]
    if with_card:
        raise SeveralCards(len(with_card))
    if readers:
        raise NoCard(readers[0].name)
    raise NoReader
