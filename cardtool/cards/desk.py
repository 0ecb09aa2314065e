"""The cards of this computer as flows see them: ``flows.ports.CardDesk`` over any ReaderHub."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from cardtool.cards.gids.session import GidsSession
from cardtool.cards.identify import Application, identify
from cardtool.cards.memory import CardMemory, NotedChannel
from cardtool.cards.overview import CardOverview, Kind
from cardtool.cards.piv.session import PivSession
from cardtool.cards.reading import read_gids_overview, read_overview
from cardtool.cards.session import CardSession
from cardtool.errors import (
    CardError,
    CardHeld,
    CardRemoved,
    CardWasReset,
    NoCard,
    NotSupportedByCard,
    ReaderUnplugged,
    UnknownCard,
)
from cardtool.pcsc.chaining import Channel, open_channel, open_single
from cardtool.pcsc.holder import Holders, candidates
from cardtool.pcsc.transport import Connection, ReaderHub, ReaderState

HELD_PAUSES = (0.2, 0.5, 1.0)
"""Seconds between tries while another program holds the card; most hold it for less than one of them."""
FOREIGN_READERS = ("windows hello for business", "microsoft uicc", "microsoft virtual smart card")
"""Beginnings of names (lower case) of readers that the system makes up and no person ever put a card into."""

Wrap = Callable[[Connection], Connection]
AnySession = TypeVar("AnySession", bound=CardSession)


class Desk:
    """``wrap`` is put around every connection, e.g. a trace. For one thread: the one that owns the cards."""

    def __init__(
        self,
        hub: ReaderHub,
        *,
        wrap: Wrap | None = None,
        memory: CardMemory | None = None,
        holders: Holders = candidates,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._hub = hub
        self._wrap = wrap
        self._memory = memory or CardMemory()
        self._holders = holders
        self._sleep = sleep
        self._seen: Sequence[ReaderState] = ()

    def survey(self) -> Sequence[CardOverview]:
        """Every reader with what lies in it, read in full. Raises ReaderServiceOff, ReaderNotPermitted."""
        return [self._look(state, in_full=True) for state in self._for_people()]

    def last_seen(self) -> Sequence[CardOverview]:
        """Every reader at once, without touching a card: what is remembered (``as_last_seen``), else "unread"."""
        return [self._remembered(state) for state in self._for_people()]

    def _remembered(self, state: ReaderState) -> CardOverview:
        if state.mute or state.atr is None:
            return CardOverview(state.name, "mute" if state.mute else "empty")
        return self._memory.last_seen(state) or CardOverview(state.name, "unread", state.atr)

    def glance(self) -> Sequence[CardOverview]:
        """As ``survey``, but a card in which a short look finds nothing changed is not read again.

        For the home screen. Whatever writes, compares or registers begins with ``survey``.
        """
        return [self._look(state, in_full=False) for state in self._for_people()]

    def _for_people(self) -> list[ReaderState]:
        self._seen = self._hub.readers()
        return [state for state in self._seen if _is_for_people(state)]

    def wait_for_change(self, timeout: float) -> bool:
        """Until readers or cards differ from the last ``survey`` (True), or ``timeout`` seconds passed."""
        return self._hub.wait_for_change(self._seen, timeout)

    @contextmanager
    def session(self, reader: str, *, fresh: bool = False) -> Iterator[PivSession]:
        """A PIV card, held in one transaction; reset at the end if PIN or admin status was gained.

        ``fresh``: reset it before as well, as each presentation of a PUK demands (``piv.unblock``).

        Raises CardHeld after some patience, NoCard, CardMute, ReaderUnplugged, UnknownCard (neither PIV nor
        GIDS), NotSupportedByCard (GIDS).
        """
        if fresh:
            self._connect(reader).disconnect(reset=True)
        with self._held(reader, Application.PIV, PivSession) as session:
            yield session

    @contextmanager
    def gids_session(self, reader: str) -> Iterator[GidsSession]:
        """A GIDS card, as ``session`` holds a PIV card. Raises the same, NotSupportedByCard for PIV."""
        with self._held(reader, Application.GIDS, GidsSession) as session:
            yield session

    @contextmanager
    def _held(
        self, reader: str, wanted: Application, speak: Callable[[Connection, Channel], AnySession]
    ) -> Iterator[AnySession]:
        connection = self._connect(reader)
        session: AnySession | None = None
        try:
            with self._naming_holders(), connection.transaction():
                channel = open_channel(connection)
                _require(wanted, identify(channel), connection)
                session = speak(connection, channel)
                yield session
        finally:
            connection.disconnect(reset=session is not None and session.status_gained)

    def _connect(self, reader: str) -> Connection:
        for pause in HELD_PAUSES:
            try:
                return self._wrapped(reader)
            except CardHeld:
                self._sleep(pause)
        with self._naming_holders():
            return self._wrapped(reader)

    @contextmanager
    def _naming_holders(self) -> Iterator[None]:
        """A card that is held is told with the programs that may hold it, where the system shows them."""
        try:
            yield
        except CardHeld as error:
            error.holder = error.holder or ", ".join(self._holders())
            raise

    def _wrapped(self, reader: str) -> Connection:
        connection = self._hub.connect(reader)
        return self._wrap(connection) if self._wrap else connection

    def _look(self, state: ReaderState, *, in_full: bool) -> CardOverview:
        if state.mute or state.atr is None:
            return CardOverview(state.name, "mute" if state.mute else "empty")
        try:
            return self._read_twice(state.name, in_full)
        except CardError as error:
            return CardOverview(state.name, _kind_of(error), state.atr)

    def _read_twice(self, reader: str, in_full: bool) -> CardOverview:
        """Once more if another program reset the card in the meantime: it did no harm."""
        try:
            return self._read(reader, in_full)
        except CardWasReset:
            return self._read(reader, in_full)

    def _read(self, reader: str, in_full: bool) -> CardOverview:
        connection = self._wrapped(reader)
        try:
            with connection.transaction():
                channel = NotedChannel(open_channel(connection))
                application = identify(channel)
                if application is Application.PIV:
                    return self._read_piv(connection, channel, in_full)
                if application is Application.GIDS:
                    return read_gids_overview(GidsSession(connection, channel))
                return CardOverview(connection.reader, "unknown", connection.atr)
        finally:
            connection.disconnect(reset=False)

    def _read_piv(self, connection: Connection, channel: NotedChannel, in_full: bool) -> CardOverview:
        session = PivSession(connection, channel)
        known = None if in_full else self._memory.recognise(session, open_single(connection))
        if known is not None:
            return known
        view = read_overview(session)
        self._memory.keep(view, channel.noted)
        return view


def _require(wanted: Application, found: Application, connection: Connection) -> None:
    if found is Application.UNKNOWN:
        raise UnknownCard(connection.atr.hex().upper())
    if found is not wanted:
        raise NotSupportedByCard(wanted.name)


def _kind_of(error: CardError) -> Kind:
    """How a look that failed is shown: gone is empty, taken by another program held, silent mute."""
    if isinstance(error, CardHeld | CardWasReset):
        return "held"
    gone = isinstance(error, CardRemoved | NoCard | ReaderUnplugged)
    return "empty" if gone else "mute"


def _is_for_people(state: ReaderState) -> bool:
    return not state.name.lower().startswith(FOREIGN_READERS)
