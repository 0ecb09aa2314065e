"""No page clips or overlaps its words, in any language, size or look (spec 1.2, 7)."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from cardtool.config import Settings
from cardtool.ui.context import Context
from cardtool.ui.main_window import SIZE, MainWindow, first_size
from cardtool.ui.services import Services
from tests.ui import gallery, samples
from tests.ui.clipping import faults
from tests.ui.studio import Studio, strict_words


@pytest.mark.parametrize("scale", [100, 200])
@pytest.mark.parametrize("language", ["zh_TW", "en"])
def test_all_words_fit(studio: Studio, language: str, scale: int) -> None:
    studio.dress(language, "light", scale)
    found = {}
    for name in gallery.NAMES:
        studio.picture(name)
        problems = faults(studio.window)
        if problems:
            found[name] = problems
    assert not found


@pytest.mark.parametrize("screen", [QSize(683, 384), QSize(800, 600), QSize(1366, 728), QSize(3840, 2160)])
def test_the_window_fits_the_screen(screen: QSize) -> None:
    size = first_size(screen)
    assert size == size.boundedTo(screen)
    assert size == size.boundedTo(SIZE)


def test_it_comes_in_that_size(context: Context, qtbot: QtBot) -> None:
    services = Services(strict_words, Settings(), lambda _settings: None, samples.view)
    window = MainWindow(context, services)
    qtbot.addWidget(window)
    assert window.size() == first_size(window.screen().availableSize())
    window.close()
