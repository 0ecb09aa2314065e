"""What was seen of cards before: shown at once, and kept as long as a short look finds nothing changed.

A short look compares CHUID, Key History and the first response block of every certificate object (spec 3.7),
and the serial number. The tries left are asked anew each time, never remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cardtool.cards.overview import CardOverview
from cardtool.cards.piv.session import PivSession, get_data_command
from cardtool.cards.piv.types import ObjectTag
from cardtool.cards.piv.yubico import serial_of
from cardtool.cards.reading import has_keypad
from cardtool.pcsc.apdu import INS, SW, Command, Response
from cardtool.pcsc.chaining import Channel
from cardtool.pcsc.transport import ReaderState

REMEMBERED_MAX = 16


class NotedChannel:
    """Goes along with a full reading and notes what GET DATA answered."""

    def __init__(self, inner: Channel) -> None:
        self._inner = inner
        self.noted: dict[bytes, Response] = {}

    def send(self, command: Command) -> Response:
        response = self._inner.send(command)
        if command.ins == INS.GET_DATA:
            self.noted[command.data] = response
        return response


@dataclass(frozen=True)
class _Seen:
    """A full view, and the answers it was made of by tag list."""

    view: CardOverview
    noted: dict[bytes, Response] = field(repr=False)


class CardMemory:
    """Of the last cards seen, as long as the program runs. For the one thread that owns the cards."""

    def __init__(self) -> None:
        self._seen: list[_Seen] = []

    def keep(self, view: CardOverview, noted: dict[bytes, Response]) -> None:
        """In the place of what was remembered of this card or of another one in its reader."""
        others = [seen for seen in self._seen if not _same_place(seen.view, view)]
        self._seen = [_Seen(view, dict(noted)), *others][:REMEMBERED_MAX]

    def last_seen(self, state: ReaderState) -> CardOverview | None:
        """What was last seen in that reader, if a card of that kind lies there now; without tries left."""
        views = (seen.view for seen in self._seen)
        view = next((one for one in views if (one.reader, one.atr) == (state.name, state.atr)), None)
        return replace(view, as_last_seen=True, pin=None) if view else None

    def recognise(self, session: PivSession, first_block: Channel) -> CardOverview | None:
        """The remembered view of the selected card if nothing changed, with the tries left now; else None."""
        alike = [seen for seen in self._seen if seen.view.atr == session.atr]
        chuid = first_block.send(get_data_command(ObjectTag.CHUID)) if alike else None
        found = next((seen for seen in alike if _same(seen, ObjectTag.CHUID, chuid)), None)
        if found is None or not _unchanged(found, first_block.send):
            return None
        if found.view.serial is not None and serial_of(session) != found.view.serial:
            return None
        return replace(
            found.view,
            reader=session.reader,
            pin=session.pin_status(),
            pin_pad=has_keypad(session),
        )


def _same_place(one: CardOverview, other: CardOverview) -> bool:
    return one.reader == other.reader or (one.atr, one.guid, one.serial) == (
        other.atr,
        other.guid,
        other.serial,
    )


def _unchanged(seen: _Seen, ask: Callable[[Command], Response]) -> bool:
    chuid = get_data_command(ObjectTag.CHUID)
    commands = (replace(chuid, data=tag_list) for tag_list in seen.noted if tag_list != chuid.data)
    return all(_begins_alike(seen.noted[command.data], ask(command)) for command in commands)


def _same(seen: _Seen, tag: ObjectTag, first: Response | None) -> bool:
    whole = seen.noted.get(get_data_command(tag).data)
    return whole is not None and first is not None and _begins_alike(whole, first)


def _begins_alike(whole: Response, first: Response) -> bool:
    """Whether ``first`` is the first block of ``whole``, with more to come only if there was more."""
    if first.sw1 != SW.DATA_AVAILABLE >> 8:
        return (first.sw, first.data) == (whole.sw, whole.data)
    return whole.ok and len(first.data) < len(whole.data) and whole.data.startswith(first.data)
