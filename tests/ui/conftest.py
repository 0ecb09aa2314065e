"""A window per test module, words that must exist, and no motion."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from cardtool.ui.context import Context
from cardtool.ui.messages import Messages
from tests.ui.studio import StillTheme, Studio, strict_words

collect_ignore = [] if sys.platform == "linux" else ["outside"]  # AT-SPI is spoken on Linux only


@pytest.fixture
def context(qapp: QApplication) -> Context:
    return Context(Messages(strict_words, "zh_TW"), StillTheme(qapp, "light", 100))


@pytest.fixture(scope="module")
def studio(qapp: QApplication) -> Iterator[Studio]:
    made = Studio()
    yield made
    made.close()
