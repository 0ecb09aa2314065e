"""What the home screen shows, as the wiring found it. Data only; words are made where it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from cardtool.ui.home_state import HomeState


@dataclass(frozen=True)
class Validity:
    """Aware times. ``renewal_from`` is when renewal opens, None where the unit does not renew."""

    since: datetime
    until: datetime
    renewal_from: datetime | None = None


@dataclass(frozen=True)
class CardFace:
    """What is printed on the picture of a card. ``kinds``: usages such as "signature"."""

    holder: str = ""
    issuer: str = ""
    kind: str = ""
    serial: str = ""
    validity: Validity | None = None
    tries_left: int | None = None
    tries: int | None = None
    reader: str = ""
    as_last_seen: bool = False


class Light(Enum):
    """State of one thing at the foot of the window."""

    GOOD = "good"
    CAUTION = "caution"
    DANGER = "danger"
    OFF = "off"


@dataclass(frozen=True)
class Lamp:
    """``name``: reader, card, ra or network. ``words`` is a key below ui.foot, with ``values``."""

    name: str
    light: Light
    words: str
    values: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Support:
    """The support line of the unit; ``hours`` and ``names`` by language."""

    phone: str
    hours: Mapping[str, str]


@dataclass(frozen=True)
class HomeView:
    """``notices`` are the RA's own words. ``now`` is the RA's or practice clock, for the validity bar.

    ``reading``: a card came that is being read; what to do next is not known yet.
    """

    state: HomeState
    now: datetime
    unit: Mapping[str, str] = field(default_factory=dict)
    account: str = ""
    card: CardFace | None = None
    lamps: tuple[Lamp, ...] = ()
    notices: tuple[str, ...] = ()
    support: Support | None = None
    reading: bool = False
