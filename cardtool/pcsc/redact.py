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


SHOWN_GIDS_OBJECTS = frozenset(
    {
        bytes.fromhex("3FFF 7F71"),  # tries left
        bytes.fromhex("A000 DF1F"),  # table of files
        bytes.fromhex("A000 DF20"),  # which key belongs to which container
        bytes.fromhex("A010 DF22"),  # cache freshness
        bytes.fromhex("A012 DF20"),  # card identifier
    }
)
"""File and tag of GIDS data objects. The container map stays out: containers may be named after people."""


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
    if command.ins != INS.GET_DATA or not is_tag_list:
        return False
    tag, place = tag_list[2:], bytes((command.p1, command.p2))
    return tag in SHOWN_OBJECTS or place + tag in SHOWN_GIDS_OBJECTS
