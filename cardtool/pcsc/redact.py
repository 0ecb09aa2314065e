"""What of an exchange with a card may be written down: by instruction, by an allow-list, never by position.

Shown are the data of SELECT and of GET DATA for the few objects that hold neither a secret nor a name.
Everything else, and every instruction not known here, shows its header, lengths and status word only.
Certificates are public but name a person, so their bytes stay out as well.
"""

from __future__ import annotations

from dataclasses import dataclass

from cardtool.pcsc.apdu import CLA_CHAINING, INS, Command, InvalidCommand

_TAG_LIST = 0x5C
SHOWN_OBJECTS = frozenset(
    {
        bytes.fromhex("7E"),  # Discovery Object
        bytes.fromhex("5FC10C"),  # Key History Object
        bytes.fromhex("5FC107"),  # Card Capability Container
        bytes.fromhex("5FC102"),  # Card Holder Unique Identifier
    }
)
"""Object tags of SP 800-73-5 part 1, table 3, as they stand in GET DATA's tag list."""


@dataclass(frozen=True)
class Shown:
    """An exchange fit for writing down; ``data`` and ``answer`` are None where they are not shown."""

    name: str
    header: bytes
    data: bytes | None = None
    answer: bytes | None = None


class Redactor:
    """Goes along with one connection: GET RESPONSE is as secret as the command it continues."""

    def __init__(self) -> None:
        self._public = False

    def exchange(self, command: bytes, answer: bytes) -> Shown:
        """``answer`` with its status word, or empty."""
        try:
            parsed = Command.parse(command)
        except InvalidCommand:
            self._public = False
            return Shown("unreadable", b"")
        header = command[:4]
        if parsed.ins != INS.GET_RESPONSE:
            self._public = _is_public(parsed)
        if not self._public:
            return Shown(parsed.name, header)
        return Shown(parsed.name, header, parsed.data, answer[:-2])


def _is_public(command: Command) -> bool:
    if command.cla & CLA_CHAINING:
        return False
    if command.ins == INS.SELECT:
        return True
    tag_list = command.data
    is_tag_list = len(tag_list) > 2 and tag_list[0] == _TAG_LIST and tag_list[1] == len(tag_list) - 2
    return command.ins == INS.GET_DATA and is_tag_list and tag_list[2:] in SHOWN_OBJECTS
