"""Style sheets for Qt's own widgets that are not painted by us, each for its kind alone.

One sheet for the whole application would have every widget looked at again with every change of colours or
text size (a tenth of a second on which the window stands still), and at the start.
"""

from __future__ import annotations

from collections.abc import Callable

from cardtool.ui.tokens import TARGET, Palette, mix

Scale = Callable[[float], int]
"""Px at 100 % in px at the present text size."""


def field(colours: Palette, px: Scale) -> str:
    return f"""
QLineEdit {{
    background: {colours.surface}; color: {colours.text};
    border: 1px solid {colours.edge}; border-radius: {px(8)}px;
    padding: 0 {px(12)}px; min-height: {px(TARGET + 2)}px;
    selection-background-color: {colours.primary}; selection-color: {colours.on_primary};
}}
QLineEdit:focus {{ border: 2px solid {colours.primary}; padding: 0 {px(12) - 1}px; }}
QLineEdit[wrong="true"] {{ border: 2px solid {colours.danger}; padding: 0 {px(12) - 1}px; }}
QLineEdit:disabled {{ background: {colours.background}; color: {colours.muted}; border-color: {colours.line}; }}
"""


def browser(colours: Palette, px: Scale) -> str:
    return f"""
QTextBrowser {{
    background: {colours.surface}; color: {colours.text}; padding: {px(12)}px;
    border: 1px solid {colours.line}; border-radius: {px(10)}px;
    selection-background-color: {colours.primary}; selection-color: {colours.on_primary};
}}
QTextBrowser:focus {{ border: 2px solid {colours.primary}; padding: {px(12) - 1}px; }}
{scroll_bar(colours, px)}"""


def choices(colours: Palette, px: Scale) -> str:
    return f"""
QComboBox QAbstractItemView {{
    background: {colours.surface}; color: {colours.text}; border: 1px solid {colours.line};
    padding: {px(4)}px; outline: 0;
}}
QComboBox QAbstractItemView::item {{
    padding: {px(8)}px {px(12)}px; min-height: {px(20)}px; border-radius: {px(6)}px;
}}
QComboBox QAbstractItemView::item:selected {{
    background: {colours.primary}; color: {colours.on_primary};
}}
"""


def scroll_bar(colours: Palette, px: Scale) -> str:
    handle = mix(colours.line, colours.edge, 0.45)
    return f"""
QScrollBar:vertical {{ background: transparent; width: {px(12)}px; margin: {px(2)}px; }}
QScrollBar::handle:vertical {{
    background: {handle}; border-radius: {px(4)}px; min-height: {px(36)}px;
}}
QScrollBar:horizontal {{ background: transparent; height: {px(12)}px; margin: {px(2)}px; }}
QScrollBar::handle:horizontal {{
    background: {handle}; border-radius: {px(4)}px; min-width: {px(36)}px;
}}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
"""
