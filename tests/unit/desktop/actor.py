"""A backstage whose world is a script, for ``Remote`` as ours is: ``python -m tests.unit.desktop.actor FOLDER``."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from cardtool.config import Settings
from cardtool.desktop.backstage import Backstage, own_pipe
from cardtool.errors import Cancelled, WrongPin
from cardtool.flows.ports import Act, Back, Cancel, Progress, Prompts
from cardtool.flows.questions import AskNewSitePassword, ConfirmSignOut, SitePasswordChange
from cardtool.ra.wire import SitePasswordRule
from cardtool.ui.home_state import HomeState
from cardtool.ui.home_view import HomeView
from cardtool.ui.services import PracticeControls

RULE = SitePasswordRule(
    minimum=8, maximum=20, letter=True, upper=False, lower=False, digit=True, symbols=False
)
ACT = Act("create-key", "APC-4", (8.0, 20.0), cancellable=False)
NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)


class Script:
    """Implements backstage.Stage. What it lives through it notes in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changed: Callable[[], None] = lambda: None
        self._settings = Settings()

    @property
    def controls(self) -> PracticeControls:
        return SimpleNamespace(now=lambda: NOW, insert=self._insert, cards=self._defect)

    def warm(self) -> None:
        self._note("warm")

    def adopt(self, settings: Settings) -> None:
        self._settings = settings

    def look(self) -> HomeView:
        self._note("look")
        while (self._folder / "look-hangs").exists():
            time.sleep(0.01)
        return HomeView(HomeState(), NOW, account=self._settings.language)

    def look_at_once(self) -> HomeView | None:
        return None

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        self._changed = changed
        return lambda: self._note("unwatched")

    def run(self, wizard: str, prompts: Prompts, progress: Progress, cancel: Cancel) -> object:
        return getattr(self, f"_{wizard.lower()}")(prompts, progress, cancel)

    def _pws(self, prompts: Prompts, _progress: Progress, _cancel: Cancel) -> object:
        """Asks for two secrets, for the second as often as the person goes back."""
        old = prompts.ask(AskNewSitePassword(rule=RULE))
        times = 1
        while True:
            try:
                new = prompts.ask(AskNewSitePassword(rule=RULE, error=WrongPin(2)))
                break
            except Back:
                times += 1
        change = SitePasswordChange(old, new)
        return len(change.old), change.new.text()[::-1], times

    def _apc(self, _prompts: Prompts, progress: Progress, cancel: Cancel) -> object:
        progress.planned([ACT])
        for number in range(3):
            if cancel.requested():
                self._note("cancelled")
                raise Cancelled
            progress.started(ACT)
            while (self._folder / "act-lasts").exists() and not cancel.requested():
                time.sleep(0.01)
            self._note(f"act-{number}")
            progress.finished(ACT, skipped=number == 1)
        return "applied"

    def _out(self, prompts: Prompts, _progress: Progress, _cancel: Cancel) -> object:
        try:
            return prompts.ask(ConfirmSignOut(account="someone"))
        finally:
            self._note("left")

    def _sig(self, *_ports: object) -> object:
        raise WrongPin(2)

    def _crd(self, *_ports: object) -> object:
        return threading.Lock()  # nothing that could be sent

    def _defect(self) -> object:
        raise ZeroDivisionError

    def _insert(self, _reader: str, _card: str) -> None:
        self._changed()

    def _note(self, what: str) -> None:
        (self._folder / what).touch()


if __name__ == "__main__":
    Backstage(own_pipe(), Script(Path(sys.argv[1]))).serve()
