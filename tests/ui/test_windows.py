"""Nothing flashes: no part of a page is ever shown as a window of its own while it is built."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget

from tests.ui import gallery
from tests.ui.studio import Studio


class Shown(QObject):
    """Notes every widget that is shown as a window."""

    def __init__(self) -> None:
        super().__init__()
        self.windows: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.windows.append(type(watched).__name__)
        return False


@pytest.mark.parametrize("name", gallery.NAMES)
def test_no_window_flashes(studio: Studio, name: str) -> None:
    shown = Shown()
    app = QApplication.instance()
    assert app is not None
    app.installEventFilter(shown)
    studio.picture(name)
    app.removeEventFilter(shown)
    assert not shown.windows
