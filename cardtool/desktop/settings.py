"""The settings as they are now, with their file: two threads change them."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from cardtool.config import Settings, save_settings
from cardtool.errors import CardToolError


class SettingsBook:
    """The window saves what the person chose; a wizard notes the unit, which the window never changes."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.now = settings
        self._folder = folder
        self._lock = threading.Lock()

    def save(self, chosen: Settings) -> None:
        """Raises FolderNotWritable, DiskFull; for this run they hold all the same."""
        with self._lock:
            self._keep(replace(chosen, unit=self.now.unit))

    def note_unit(self, unit: str) -> None:
        with self._lock, suppress(CardToolError):  # the next sign-in asks again
            if unit != self.now.unit:
                self._keep(replace(self.now, unit=unit))

    def _keep(self, settings: Settings) -> None:
        self.now = settings
        save_settings(self._folder, settings)
