"""Puts together what the window is given (``ui.services.Services``): its backstage does it.

This is the window's own process. Nothing heavy is imported here, and what speaks to backstage comes after the
first paint.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cardtool.config import Settings
from cardtool.desktop.remote_controls import RemoteControls
from cardtool.desktop.settings import SettingsBook
from cardtool.ui.services import Services
from cardtool.words import Words

if TYPE_CHECKING:
    from cardtool.desktop.remote import Remote
    from cardtool.ui.flow_run import Start
    from cardtool.ui.prompts import QtProgress, QtPrompts

WIZARDS = ("SGN", "CRD", "APC", "SIG", "OUT")


class FrontOfHouse:
    """``command`` starts backstage. ``close`` ends it, when the window is closed and its card thread has ended."""

    def __init__(
        self,
        command: Sequence[str],
        settings: SettingsBook,
        log_folder: Path,
        start_practice: Callable[[], None] | None,
    ) -> None:
        """``start_practice`` None: this is practice mode."""
        self._command, self._settings = command, settings
        self._log_folder, self._start_practice = log_folder, start_practice
        self._lock = threading.Lock()
        self._remote: Remote | None = None
        self._changed: Callable[[], None] = lambda: None

    def services(self) -> Services:
        return Services(
            load_words=Words,
            settings=self._settings.now,
            save_settings=self._save,
            look=lambda: self.remote().look(),
            look_at_once=lambda: self.remote().look_at_once(),
            wizards={code: self._wizard(code) for code in WIZARDS},
            watch=self._watch,
            warm=lambda: self.remote().warm(),
            practice=None if self._start_practice else RemoteControls(self._practise),
            start_practice=self._start_practice,
            log_folder=self._log_folder,
        )

    def remote(self) -> Remote:
        with self._lock:
            if self._remote is None:
                from cardtool.desktop.remote import Remote  # noqa: PLC0415

                self._remote = Remote(self._command, self._settings, self._cards_changed)
            return self._remote

    def close(self) -> None:
        """Returns when backstage has ended."""
        if self._remote is not None:
            self._remote.close()

    def _wizard(self, code: str) -> Start:
        def start(prompts: QtPrompts, progress: QtProgress, cancel: QtProgress) -> object:
            return self.remote().run(code, prompts, progress, cancel)

        return start

    def _watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        self._changed = changed
        return partial(setattr, self, "_changed", lambda: None)

    def _cards_changed(self) -> None:
        self._changed()

    def _save(self, settings: Settings) -> None:
        """Raises FolderNotWritable, DiskFull; for this run they hold all the same."""
        try:
            self._settings.save(settings)
        finally:
            if self._remote is not None:
                self._remote.settings_chosen()

    def _practise(self, control: str, *arguments: object) -> object:
        return self.remote().practise(control, *arguments)
