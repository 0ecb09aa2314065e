"""What backstage does for the window: looks, wizards, watching and practising, made of the world."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from cardtool.config import Settings
from cardtool.desktop.look import Look
from cardtool.desktop.practice_controls import Controls
from cardtool.desktop.ra_view import RaWatch
from cardtool.desktop.wizards import Wizards
from cardtool.desktop.world import World
from cardtool.errors import ArgumentInvalid, CardToolError
from cardtool.flows.context import Context
from cardtool.flows.ports import Cancel, Progress, Prompts
from cardtool.pcsc.monitor import Monitor
from cardtool.ui.home_view import HomeView

if TYPE_CHECKING:
    from cardtool.pcsc.transport import ReaderHub


class Watching:
    """Tells ``changed`` of readers and cards from the moment the readers are known until ``stop``."""

    def __init__(
        self, known: threading.Event, hub: Callable[[], ReaderHub | None], changed: Callable[[], None]
    ) -> None:
        self._known = known
        self._hub = hub
        self._changed = changed
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watching", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._known.set()
        self._thread.join()

    def _run(self) -> None:
        self._known.wait()
        hub = self._hub()
        if hub is None or self._ended.is_set():
            return
        monitor = Monitor(hub, lambda _readers, _error: self._changed())
        monitor.start()
        self._ended.wait()
        monitor.stop()


class WorldStage:
    """Implements backstage.Stage: the world behind one window."""

    def __init__(self, world: World, note_unit: Callable[[str], None]) -> None:
        """``note_unit``: somebody signed in there; the window keeps the settings."""
        self._world, self._note_unit = world, note_unit
        self._settings = world.settings
        self._look: Look | None = None
        self._hub: ReaderHub | None = None
        self._hub_known = threading.Event()
        self.controls = Controls(world)

    def warm(self) -> None:
        """The readers are opened while the person looks at the home screen."""
        with suppress(CardToolError):  # the look that follows meets it again, and tells
            self._hub = self._world.hub
        self._hub_known.set()

    def adopt(self, settings: Settings) -> None:
        self._settings = settings

    def look(self) -> HomeView:
        return self._looker()()

    def look_at_once(self) -> HomeView | None:
        return self._looker().at_once()

    def run(self, wizard: str, prompts: Prompts, progress: Progress, cancel: Cancel) -> object:
        wizards = Wizards(self._world, self._looker().reader, self._wizard_ended)
        return wizards.all()[wizard](prompts, progress, cancel)

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Nothing is opened here: a thread waits until the readers are known."""
        watching = Watching(self._hub_known, lambda: self._hub, changed)
        watching.start()
        return watching.stop

    def _looker(self) -> Look:
        """Made anew when the settings say so."""
        if self._world.adopt(self._settings) or self._look is None:
            self._look = Look(self._world, self._ra_watch())
        return self._look

    def _ra_watch(self) -> RaWatch | None:
        try:
            return RaWatch(self._world.ra)
        except ArgumentInvalid:  # no RA is known yet: the card alone can be looked at
            return None

    def _wizard_ended(self, context: Context) -> None:
        """The card in hand stays the one that is meant; so does the unit that somebody signed in to."""
        look = self._looker()
        look.forget()
        if context.card is not None:
            look.reader = context.card.reader
        if context.session is not None and context.session.unit != self._settings.unit:
            self._settings = replace(self._settings, unit=context.session.unit)
            self._note_unit(context.session.unit)
