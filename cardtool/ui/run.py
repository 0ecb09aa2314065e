"""Starts the window. ``cardtool.app`` hands in everything it needs."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QApplication

from cardtool.ui.context import Context
from cardtool.ui.main_window import MainWindow
from cardtool.ui.messages import Messages
from cardtool.ui.services import Services
from cardtool.ui.theme import Theme

STYLE = ("-style", "Fusion")
"""The same everywhere. Not by ``setStyle``: for the QStyle that it returns PySide makes 566 enumerators, 9 ms."""
LAST_ACT = 60.0
"""Seconds an act that cannot be interrupted may still take when the window is gone already."""


def run(
    services: Services,
    arguments: Sequence[str],
    *,
    language: str,
    practice: bool,
    painted: Callable[[], object],
) -> int:
    """Show the window until it is closed; the exit status. ``painted`` is called after the first paint."""
    app = QApplication([*arguments, *STYLE])
    window = make_window(app, services, language=language, practice=practice)
    window.first_paint.connect(resume_collection)
    window.first_paint.connect(painted)
    window.show()
    status = app.exec()
    window.thread_.join(LAST_ACT)
    return status


def resume_collection() -> None:
    """``cardtool.app`` held garbage collection back; what the start made stays, and need not be looked at again."""
    gc.freeze()
    gc.enable()


def make_window(app: QApplication, services: Services, *, language: str, practice: bool) -> MainWindow:
    settings = services.settings
    messages = Messages(services.load_words, language)
    theme = Theme(app, settings.theme.value, settings.text_size)
    return MainWindow(Context(messages, theme, practice), services)
