"""The practice panel's hands, from the window's process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import cast


class RemoteControls:
    """Implements ui.services.PracticeControls. ``practise``: the control's name and arguments, for what it returns."""

    def __init__(self, practise: Callable[..., object]) -> None:
        self._practise = practise

    def people(self) -> tuple[tuple[str, str, str], ...]:
        return cast(tuple[tuple[str, str, str], ...], self._practise("people"))

    def readers(self) -> tuple[tuple[str, str], ...]:
        return cast(tuple[tuple[str, str], ...], self._practise("readers"))

    def cards(self) -> tuple[str, ...]:
        return cast(tuple[str, ...], self._practise("cards"))

    def insert(self, reader: str, card: str) -> None:
        self._practise("insert", reader, card)

    def remove(self, reader: str) -> None:
        self._practise("remove", reader)

    def plug_reader(self) -> None:
        self._practise("plug_reader")

    def now(self) -> datetime:
        return cast(datetime, self._practise("now"))

    def advance(self, days: int) -> None:
        self._practise("advance", days)

    def fault_names(self) -> tuple[str, ...]:
        return cast(tuple[str, ...], self._practise("fault_names"))

    def arm(self, fault: str) -> None:
        self._practise("arm", fault)

    def clear_faults(self) -> None:
        self._practise("clear_faults")
