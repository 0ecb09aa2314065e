"""What the commands of the application work on, and the rules several of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.gids import access
from cardtool.pcsc.virtual.gids.access import Act
from cardtool.pcsc.virtual.gids.personality import Personality
from cardtool.pcsc.virtual.gids.state import KEY_FILES, CardFile, CardState, FileKind
from cardtool.pcsc.virtual.status import (
    COMMAND_INCOMPATIBLE_WITH_FILE,
    CONDITIONS_NOT_SATISFIED,
    NOT_FOUND,
    REFERENCE_NOT_FOUND,
    SECURITY_STATUS_NOT_SATISFIED,
    Refused,
)

APPLICATION_CONTROL = bytes.fromhex("820138 8C03033030")
"""The application's own control parameters: the PIN or the admin key lets files be made and deleted."""


@dataclass(frozen=True)
class Environment:
    """What MANAGE SECURITY ENVIRONMENT set: a control reference template, mechanism and key file."""

    template: int
    mechanism: int
    key_file: int


@dataclass(frozen=True)
class Challenge:
    """What the card gave out for the admin key and awaits the answer to. ``host`` is empty unless mutual."""

    card: bytes = field(repr=False)
    host: bytes = b""


@dataclass
class Session:
    """What a reset or pull takes away. A challenge is good for the very next command only."""

    selected: bool = False
    current_file: int | None = None
    pin_verified: bool = False
    admin: bool = False
    environment: Environment | None = None
    challenge: Challenge | None = None
    next_challenge: Challenge | None = None

    def next_command(self) -> None:
        self.challenge, self.next_challenge = self.next_challenge, None

    def drop_status(self) -> None:
        self.pin_verified = self.admin = False
        self.environment = None


@dataclass
class Applet:
    """One powered GIDS application. ``work_on_key`` takes the time that making an RSA key of so many bits takes."""

    state: CardState
    work_on_key: Callable[[int], None]
    session: Session = field(default_factory=Session)

    @property
    def personality(self) -> Personality:
        return self.state.personality

    def file(self, identifier: int, kind: FileKind) -> CardFile:
        """Raises Refused: 6A82 no such file, 6981 one of another kind."""
        file = self.state.files.get(identifier)
        if file is None:
            raise Refused(NOT_FOUND)
        if file.kind is not kind:
            raise Refused(COMMAND_INCOMPATIBLE_WITH_FILE)
        return file

    def key_file(self, reference: int) -> CardFile:
        """Raises Refused(6A88)."""
        file = self.state.files.get(KEY_FILES | reference)
        if file is None or file.kind is not FileKind.KEY:
            raise Refused(REFERENCE_NOT_FOUND)
        return file

    def require(self, file: CardFile, act: Act) -> None:
        """A file that is not activated lets nothing be done but that. Raises Refused: 6985, 6982."""
        if not file.active and act is not Act.ACTIVATE:
            raise Refused(CONDITIONS_NOT_SATISFIED)
        self._require(access.condition(file.control, act))

    def require_of_application(self, act: Act) -> None:
        self._require(access.condition(APPLICATION_CONTROL, act))

    def require_delete(self, file: CardFile) -> None:
        """By the file's own rule, or where it has none by the application's rule for its children."""
        own = access.condition(file.control, Act.DELETE)
        self._require(access.condition(APPLICATION_CONTROL, Act.DELETE_CHILD) if own is None else own)

    def _require(self, condition: int | None) -> None:
        """While the card is being set up everything is allowed that is not forbidden for ever."""
        free = not self.state.operational
        session = self.session
        pin, admin = free or session.pin_verified, free or session.admin
        if condition is not None and not access.satisfied(condition, pin=pin, admin=admin):
            raise Refused(SECURITY_STATUS_NOT_SATISFIED)


Handler = Callable[[Applet, Command], bytes]
