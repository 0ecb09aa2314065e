"""What every conversation with a card has in common, whatever application it is with."""

from __future__ import annotations

from cardtool.cards.answers import command_error
from cardtool.errors import CardRemoved
from cardtool.pcsc.apdu import INS, SHORT_LE_MAX, Command, Response
from cardtool.pcsc.chaining import Channel, OwnerThread, open_channel
from cardtool.pcsc.pinpad import Language, PinPad
from cardtool.pcsc.transport import Connection

PAD_LANGUAGES = {"en": Language.ENGLISH, "zh_TW": Language.CHINESE_TRADITIONAL}


class CardSession:
    """One card, selected, on one thread, best inside ``connection.transaction()``.

    ``status_gained`` tells that PIN or admin status was reached, or may have been where an answer was lost:
    the card must be reset at the end.
    """

    def __init__(self, connection: Connection, channel: Channel | None = None) -> None:
        self._connection = connection
        self._channel = channel or open_channel(connection)
        self._owner = OwnerThread()
        self.status_gained = False

    @property
    def reader(self) -> str:
        return self._connection.reader

    @property
    def atr(self) -> bytes:
        return self._connection.atr

    def pin_pad(self, language: str = "en") -> PinPad | None:
        """The reader's PIN pad, if it has one; ``language`` (en, zh_TW) is for its display."""
        return PinPad.of(self._connection.features, PAD_LANGUAGES.get(language, Language.ENGLISH))

    def keep_alive(self) -> None:
        """Within every 2 s while the network is waited for: Windows resets a card idle for 5 s."""
        self._owner.check()
        self._connection.keep_alive()

    def transmit(self, command: Command) -> Response:
        """Any command, its status word left to the caller. Raises only what the transport raises."""
        return self._channel.send(command)

    def command(
        self, ins: INS, p1: int, p2: int, data: bytes = b"", *, le: int | None = SHORT_LE_MAX
    ) -> bytes:
        """A command that presents no secret; its answer's data. Raises what ``command_error`` maps."""
        command = Command(0x00, ins, p1, p2, data, le)
        response = self.transmit(command)
        if not response.ok:
            raise command_error(response, command.name)
        return response.data

    def _gaining(self, command: Command) -> Response:
        """Send what gains a status when it succeeds; without an answer nobody knows, so it counts as gained."""
        before, self.status_gained = self.status_gained, True
        response = self.transmit(command)
        self.status_gained = before or response.ok
        return response

    def _gaining_on_pad(self, control_code: int, structure: bytes, command: str) -> Response:
        """Likewise, the PIN typed on the reader. Blocks until it is, or the pad gives up."""
        self._owner.check()
        before, self.status_gained = self.status_gained, True
        answer = self._connection.control(control_code, structure)
        if not answer:
            raise CardRemoved
        response = Response.parse(answer, command)
        self.status_gained = before or response.ok
        return response
