"""Puts together what the window is given (``ui.services.Services``) from the world."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from cardtool.desktop.settings import SettingsBook
from cardtool.desktop.world import World
from cardtool.errors import CardToolError
from cardtool.ui.services import PracticeControls, Services
from cardtool.words import Words

if TYPE_CHECKING:
    from cardtool.desktop.look import Look
    from cardtool.flows.context import Context
    from cardtool.flows.ports import Cancel, Progress, Prompts
    from cardtool.pcsc.transport import ReaderHub
    from cardtool.ui.home_view import HomeView


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
        from cardtool.pcsc.monitor import Monitor  # noqa: PLC0415

        self._known.wait()
        hub = self._hub()
        if hub is None or self._ended.is_set():
            return
        monitor = Monitor(hub, lambda _readers, _error: self._changed())
        monitor.start()
        self._ended.wait()
        monitor.stop()


class Desktop:
    """The world behind one window. Everything heavy waits until the card thread first asks for it."""

    def __init__(self, world: World, *, practice: bool, start_practice: Callable[[], None]) -> None:
        self._world = world
        self._settings = SettingsBook(world.settings, world.paths.config)
        self._practice = practice
        self._start_practice = start_practice
        self._look: Look | None = None
        self._hub: ReaderHub | None = None
        self._hub_known = threading.Event()

    def services(self) -> Services:
        return Services(
            load_words=Words,
            settings=self._world.settings,
            save_settings=self._settings.save,
            look=self._look_home,
            look_at_once=lambda: self._looker().at_once(),
            wizards={code: self._lazily(code) for code in ("SGN", "CRD", "APC", "SIG", "OUT")},
            watch=self._watch,
            warm=self._warm,
            practice=self._controls() if self._practice else None,
            start_practice=None if self._practice else self._start_practice,
            log_folder=self._world.paths.log,
        )

    def _warm(self) -> None:
        """What the flows need is imported, and the readers opened, while the person looks at the home screen."""
        from cardtool.desktop import look, wizards  # noqa: F401, PLC0415

        with suppress(CardToolError):  # the look that follows meets it again, and tells
            self._hub = self._world.hub
        self._hub_known.set()

    def _looker(self) -> Look:
        """On the card thread, which owns what is made anew here when the settings say so."""
        from cardtool.desktop.look import Look  # noqa: PLC0415
        from cardtool.desktop.ra_view import RaWatch  # noqa: PLC0415
        from cardtool.errors import ArgumentInvalid  # noqa: PLC0415

        if self._world.adopt(self._settings.now):
            self._look = None
        if self._look is None:
            try:
                ra = RaWatch(self._world.ra)
            except ArgumentInvalid:  # no RA is known yet: the card alone can be looked at
                ra = None
            self._look = Look(self._world, ra)
        return self._look

    def _look_home(self) -> HomeView:
        return self._looker()()

    def _lazily(self, code: str) -> Callable[[Prompts, Progress, Cancel], object]:
        def start(prompts: Prompts, progress: Progress, cancel: Cancel) -> object:
            from cardtool.desktop.wizards import Wizards  # noqa: PLC0415

            wizards = Wizards(self._world, self._looker().reader, self._wizard_ended)
            return wizards.all()[code](prompts, progress, cancel)

        return start

    def _wizard_ended(self, context: Context) -> None:
        """The card in hand stays the one that is meant; so does the unit that somebody signed in to."""
        look = self._looker()
        look.forget()
        if context.card is not None:
            look.reader = context.card.reader
        if context.session is not None:
            self._settings.note_unit(context.session.unit)

    def _watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Called by the window's thread, so nothing is opened here: a thread waits until the readers are."""
        watching = Watching(self._hub_known, lambda: self._hub, changed)
        watching.start()
        return watching.stop

    def _controls(self) -> PracticeControls:
        from cardtool.desktop.practice_controls import Controls  # noqa: PLC0415

        return Controls(self._world)
