"""The hands of practice mode: cards, readers, the clock and faults, for the practice panel."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from cardtool.desktop.world import World

if TYPE_CHECKING:
    from cardtool.practice import PracticeWorld

DAY = 24 * 60 * 60
FAULTS = (
    *("status-502", "html", "truncated", "slow", "drop-before", "drop-after-commit"),
    *("wrong-key", "expired-certificate", "foreign-chain", "session-expired"),
)
"""Those of docs/ra-api.md that a person can see the effect of."""


class Controls:
    """Implements ui.services.PracticeControls. Called on a thread of its own."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def _practice(self) -> PracticeWorld:
        return self._world.practice

    def people(self) -> tuple[tuple[str, str, str], ...]:
        return tuple((known.account, known.password, known.pin) for known in self._practice.accounts)

    def readers(self) -> tuple[tuple[str, str], ...]:
        return self._practice.inserted()

    def cards(self) -> tuple[str, ...]:
        return self._practice.card_names()

    def insert(self, reader: str, card: str) -> None:
        self._practice.insert_into(reader, card)

    def remove(self, reader: str) -> None:
        self._practice.pull(reader)

    def plug_reader(self) -> None:
        self._practice.plug_another()

    def now(self) -> datetime:
        return self._world.clock.now()

    def advance(self, days: int) -> None:
        self._practice.advance_clock(days * DAY)

    def fault_names(self) -> tuple[str, ...]:
        return FAULTS

    def arm(self, fault: str) -> None:
        self._practice.arm_fault(fault)

    def clear_faults(self) -> None:
        self._practice.clear_faults()
