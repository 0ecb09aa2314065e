"""Contrast of every pair that is used, in every look."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QPalette

from cardtool.ui import tokens
from cardtool.ui.theme import system_contrast

LEAST = 4.5
LEAST_EDGE = 3.0

LOOKS = {"light": tokens.LIGHT, "dark": tokens.DARK, "contrast": tokens.CONTRAST}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("ink", "ground"), tokens.PAIRS)
def test_words_can_be_read(look: str, ink: str, ground: str) -> None:
    palette = LOOKS[look]
    assert tokens.contrast(getattr(palette, ink), getattr(palette, ground)) >= LEAST


@pytest.mark.parametrize("look", LOOKS)
def test_edges_of_fields_can_be_seen(look: str) -> None:
    palette = LOOKS[look]
    assert tokens.contrast(palette.edge, palette.surface) >= LEAST_EDGE


def test_contrast_as_wcag_gives_it() -> None:
    assert tokens.contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert tokens.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(
    ("ground", "ink", "chosen"), [("#000000", "#FFFFFF", "#1AEBFF"), ("#FFFFFF", "#000000", "#FFFF00")]
)
def test_high_contrast_takes_the_systems_colours(ground: str, ink: str, chosen: str) -> None:
    system = QPalette()
    system.setColor(QPalette.ColorRole.Window, QColor(ground))
    system.setColor(QPalette.ColorRole.WindowText, QColor(ink))
    system.setColor(QPalette.ColorRole.Highlight, QColor(chosen))
    system.setColor(QPalette.ColorRole.HighlightedText, QColor(ground))
    palette = system_contrast(system)
    assert palette.background.upper() == ground
    for one, other in tokens.PAIRS:
        assert tokens.contrast(getattr(palette, one), getattr(palette, other)) >= LEAST
