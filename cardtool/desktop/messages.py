"""What the window and its backstage say to each other. Plain data, all of it pickled: see ``desktop.pipe``.

=====================  ======================================================================================
window → backstage     ``Call`` with a wish; ``Answer`` or ``Refusal`` to a question, ``Stop`` a wizard;
                       ``Chosen`` settings
backstage → window     ``Asked`` and ``Told`` while a wizard runs, at the end of every call ``Done`` or ``Failed``;
                       ``CardsChanged``, ``UnitNoted`` at any time
=====================  ======================================================================================

``number`` is the call's: everything said about it bears it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cardtool.config import Settings
from cardtool.errors import CardToolError
from cardtool.flows.ports import Act, Back, PinOnReader

if TYPE_CHECKING:
    from cardtool.flows.ports import Question


@dataclass(frozen=True)
class Look:
    """For a HomeView; ``at_once``: without waiting for card or RA, None where that shows nothing new."""

    at_once: bool = False


@dataclass(frozen=True)
class Run:
    """The wizard of that code, for its result."""

    wizard: str


@dataclass(frozen=True)
class Practise:
    """The method of ``ui.services.PracticeControls`` of that name."""

    control: str
    arguments: tuple[object, ...] = ()


@dataclass(frozen=True)
class Call:
    number: int
    wish: Look | Run | Practise


@dataclass(frozen=True)
class Answer:
    """A Secret in it is handed over: the sender's is wiped."""

    number: int
    value: object = field(repr=False)


@dataclass(frozen=True)
class Refusal:
    """Instead of an answer: back, or never mind."""

    number: int
    reason: Back | CardToolError


@dataclass(frozen=True)
class Stop:
    """Cancel, at the next place where nothing is lost by it."""

    number: int


@dataclass(frozen=True)
class Chosen:
    settings: Settings


@dataclass(frozen=True)
class Asked:
    number: int
    question: Question[Any]


@dataclass(frozen=True)
class Planned:
    acts: tuple[Act, ...]


@dataclass(frozen=True)
class Started:
    act: Act


@dataclass(frozen=True)
class Finished:
    act: Act
    skipped: bool


@dataclass(frozen=True)
class PinAwaited:
    """None: no more."""

    wanted: PinOnReader | None


News = Planned | Started | Finished | PinAwaited


@dataclass(frozen=True)
class Told:
    number: int
    news: News


@dataclass(frozen=True)
class Done:
    number: int
    value: object = field(repr=False)


@dataclass(frozen=True)
class Failed:
    number: int
    error: CardToolError


@dataclass(frozen=True)
class CardsChanged:
    """A card or reader came or went."""


@dataclass(frozen=True)
class UnitNoted:
    """Somebody signed in to this unit: it is the one that is meant next time."""

    unit: str


FromWindow = Call | Answer | Refusal | Stop | Chosen
OfACall = Asked | Told | Done | Failed
FromBackstage = OfACall | CardsChanged | UnitNoted
