"""What a command needs from the wiring. Parts are made when they are first asked for."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from cardtool.flows.journal import Journal
from cardtool.flows.ports import CardDesk, Clock
from cardtool.pki.anchors import AnchorBook
from cardtool.ra.client import RaClient
from cardtool.words import Words


class RawCard(Protocol):
    """One card for ``cardtool apdu``: what it is, and bytes to it."""

    @property
    def kind(self) -> str:
        """As ``CardOverview.kind``."""
        ...

    def send(self, command: bytes) -> bytes: ...


class World(Protocol):
    @property
    def words(self) -> Words: ...

    @property
    def log_folder(self) -> Path:
        """Where the log of this program is."""
        ...

    @property
    def clock(self) -> Clock: ...

    @property
    def desk(self) -> CardDesk: ...

    @property
    def ra(self) -> RaClient:
        """Signed in already where the session of an earlier command is still kept."""
        ...

    @property
    def journal(self) -> Journal: ...

    @property
    def anchors(self) -> AnchorBook: ...

    def raw_card(self, reader: str) -> AbstractContextManager[RawCard]: ...

    def practice_answers(self) -> dict[str, str | bool]:
        """What a practice person who may still apply would answer; practice mode only."""
        ...

    @property
    def unit(self) -> str:
        """The RA unit that is meant; '' for the RA's first."""
        ...

    @property
    def account(self) -> str:
        """Of who practises, whose cards are in the readers; '' outside practice."""
        ...

    def renew_practice(self) -> None:
        """Make another practice world. Raises AlreadyRunning, PracticeNotReady."""
        ...

    def practice_person(self) -> tuple[str, str, str]:
        """Account, site password and PIN of who practises: what letters would say; practice mode only."""
        ...

    def keep_session(self) -> bool:
        """Keep the RA session for the next command; False where this computer has no safe place for it."""
        ...

    def drop_session(self) -> None: ...
