"""Starts the window. ``cardtool.app`` hands in everything it needs."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from cardtool.config import Settings
from cardtool.errors import CardToolError
from cardtool.ui.context import Context
from cardtool.ui.main_window import MainWindow
from cardtool.ui.messages import Messages, Words
from cardtool.ui.services import Services
from cardtool.ui.theme import Theme

STYLE = ("-style", "Fusion")
"""The same everywhere. Not by ``setStyle``: for the QStyle that it returns PySide makes 566 enumerators, 9 ms."""
LAST_ACT = 60.0
"""Seconds an act that cannot be interrupted may still take when the window is gone already."""


def run(services: Services, *, language: str, practice: bool, painted: Callable[[], object]) -> int:
    """Show the window until it is closed; the exit status. ``painted`` is called after the first paint."""
    app = QApplication([*sys.argv[:1], *STYLE])
    window = make_window(app, services, language=language, practice=practice)
    window.first_paint.connect(resume_collection)
    window.first_paint.connect(painted)
    window.show()
    status = app.exec()
    window.thread_.join(LAST_ACT)
    return status


def refuse(
    error: CardToolError,
    load_words: Callable[[str], Words],
    settings: Settings,
    *,
    language: str,
    practice: bool,
) -> int:
    """Say why there is no window; the exit status."""
    from cardtool.ui.dialogs import CannotOpen  # noqa: PLC0415 - not before a first paint

    app = QApplication([*sys.argv[:1], *STYLE])
    context = make_context(app, load_words, settings, language=language, practice=practice)
    CannotOpen(context, error).exec()
    return error.exit_status


def resume_collection() -> None:
    """``cardtool.app`` held garbage collection back; what the start made stays, and need not be looked at again."""
    gc.freeze()
    gc.enable()


def make_window(app: QApplication, services: Services, *, language: str, practice: bool) -> MainWindow:
    context = make_context(app, services.load_words, services.settings, language=language, practice=practice)
    return MainWindow(context, services)


def make_context(
    app: QApplication,
    load_words: Callable[[str], Words],
    settings: Settings,
    *,
    language: str,
    practice: bool,
) -> Context:
    theme = Theme(app, settings.theme.value, settings.text_size)
    return Context(Messages(load_words, language), theme, practice)
