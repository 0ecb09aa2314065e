"""What a flow needs from outside: someone to ask, a place to report to, cards, a clock.

A flow asks through ``Prompts``: each question is a small frozen dataclass that names the page it is shown on
(``page``, the screen code) and the type of its answer. The window shows the page, the terminal asks on the
tty or takes the answer from ``--answers -``, tests answer from a script. A question is asked again with
``error`` set when the answer did not do.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from cardtool.errors import CardToolError

if TYPE_CHECKING:  # the window reads these ports too, and loads nothing that speaks to cards
    from cardtool.cards.gids.session import GidsSession
    from cardtool.cards.overview import CardOverview
    from cardtool.cards.piv.session import PivSession

Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Question(Generic[Answer]):
    """Base of all questions: the screen code it is shown on, and why it is asked again (None the first time)."""

    page: str
    error: CardToolError | None = None


class Back(Exception):
    """The person wants to return to the previous page; the engine goes there where it is harmless."""


class Prompts(Protocol):
    def ask(self, question: Question[Answer]) -> Answer:
        """Block until the person answered. Raises ``Back``, Cancelled, AnswerMissing."""
        ...


@dataclass(frozen=True)
class Act:
    """One visible act of a working page. ``usual`` is how long it takes on a real card, in seconds."""

    name: str
    page: str
    usual: tuple[float, float] = (0.0, 1.0)
    cancellable: bool = True


@dataclass(frozen=True)
class PinOnReader:
    """Which PIN of this run is to be typed on the reader, from 1; ``of`` where it is known how many there will be."""

    number: int
    of: int | None = None


class Progress(Protocol):
    """Told of every step as it happens, from the thread the flow runs on. Must return at once."""

    def planned(self, acts: Sequence[Act]) -> None: ...

    def started(self, act: Act) -> None: ...

    def finished(self, act: Act, *, skipped: bool) -> None:
        """``skipped``: it was found done already (the flow resumed)."""
        ...

    def pin_on_reader(self, wanted: PinOnReader | None) -> None:
        """The reader's keypad waits for the PIN; None when it does no more."""
        ...


class Cancel(Protocol):
    def requested(self) -> bool: ...


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, UTC."""
        ...


class CardDesk(Protocol):
    """The cards of this computer, as flows see them. Implemented by ``cards.desk``."""

    def survey(self) -> Sequence[CardOverview]:
        """Every reader with what lies in it; nothing is written, no PIN is sent."""
        ...

    def glance(self) -> Sequence[CardOverview]:
        """As ``survey``, but what a short look finds unchanged is not read again: to show, not to act upon."""
        ...

    def last_seen(self) -> Sequence[CardOverview]:
        """Every reader at once, from memory: cards are not touched."""
        ...

    def session(self, reader: str) -> AbstractContextManager[PivSession]:
        """Connect, hold one transaction, SELECT; at the end disconnect, with a reset if a status was gained."""
        ...

    def gids_session(self, reader: str) -> AbstractContextManager[GidsSession]:
        """As ``session``, for a card of the other kind."""
        ...

    def wait_for_change(self, timeout: float) -> bool: ...
