"""The window's half of backstage: starts it, and again when it ended, and asks for what the window needs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from cardtool.desktop.messages import CardsChanged, Chosen, Look, Practise, Run, UnitNoted
from cardtool.desktop.partner import Partner
from cardtool.desktop.settings import SettingsBook
from cardtool.desktop.walk import Walk, result_of
from cardtool.errors import BackstageEnded
from cardtool.ui.home_view import HomeView

if TYPE_CHECKING:
    from cardtool.ui.prompts import QtProgress, QtPrompts

LIVED_LONG = 30.0
"""Seconds. What ended sooner is not started again by itself, but when the person wants something."""


class Remote:
    """``changed``: a card or reader came or went. What waits for backstage raises BackstageEnded."""

    def __init__(self, command: Sequence[str], settings: SettingsBook, changed: Callable[[], None]) -> None:
        self._command, self._settings, self._changed = command, settings, changed
        self._lock = threading.Lock()
        self._partner: Partner | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Of the one that was started last."""
        return self._partner.pid if self._partner is not None else None

    def start(self) -> Partner:
        """The one that runs, or a new one."""
        with self._lock:
            if self._closed:
                raise BackstageEnded
            if self._partner is None or self._partner.is_over:
                self._partner = Partner(self._command, self._heard, self._ended)
                self._partner.say(Chosen(self._settings.now))
            return self._partner

    def warm(self) -> None:
        """So that what is wanted first need not wait for the start, nor for imports of what comes through the pipe."""
        with suppress(BackstageEnded):  # what is wanted first meets it again, and tells
            self.start()
        from cardtool.flows import questions, results  # noqa: F401, PLC0415

    def close(self) -> None:
        """Returns when backstage has ended."""
        with self._lock:
            self._closed = True
        if self._partner is not None:
            self._partner.end()

    def look(self) -> HomeView:
        return cast(HomeView, self._ask(Look()))

    def look_at_once(self) -> HomeView | None:
        return cast(HomeView | None, self._ask(Look(at_once=True)))

    def run(self, wizard: str, prompts: QtPrompts, progress: QtProgress, cancel: QtProgress) -> object:
        talk = self.start().call(Run(wizard), cut=prompts.close)  # nobody is asked what nobody waits for
        return Walk(talk, prompts, progress, cancel).to_the_end()

    def settings_chosen(self) -> None:
        if self._partner is not None:
            self._partner.say(Chosen(self._settings.now))

    def practise(self, control: str, *arguments: object) -> object:
        return self._ask(Practise(control, arguments))

    def _ask(self, wish: Look | Practise) -> object:
        return result_of(self.start().call(wish).hear())

    def _heard(self, message: CardsChanged | UnitNoted) -> None:
        if isinstance(message, UnitNoted):
            self._settings.note_unit(message.unit)
        else:
            self._changed()

    def _ended(self, partner: Partner, at_work: bool) -> None:
        """What was asked of it failed, and the person is told. Where nothing was, the home screen looks anew."""
        if not at_work and not self._closed and time.monotonic() - partner.since > LIVED_LONG:
            self._changed()
