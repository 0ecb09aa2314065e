"""Colours, sizes and weights as data (Qt-free), so that a test can measure every pair that is used."""

from __future__ import annotations

from dataclasses import dataclass, fields

FAMILIES = ("Noto Sans CJK TC", "Microsoft JhengHei UI", "PingFang TC", "Noto Sans", "sans-serif")
"""Han glyphs follow the locale unless the face is named: a C-locale user would see Japanese shapes."""

MONOSPACE = ("DejaVu Sans Mono", "Consolas", "Menlo", "monospace")


@dataclass(frozen=True)
class Palette:
    """Each colour as ``#RRGGBB``. ``edge`` bounds what can be typed into or ticked (3:1, WCAG 1.4.11)."""

    background: str
    surface: str
    raised: str
    line: str
    edge: str
    text: str
    muted: str
    primary: str
    on_primary: str
    primary_pale: str
    good: str
    good_pale: str
    caution: str
    caution_pale: str
    danger: str
    danger_pale: str
    card_from: str
    card_to: str
    on_card: str
    card_window: str
    dark: bool


LIGHT = Palette(
    background="#F5F6F8",
    surface="#FFFFFF",
    raised="#FBFCFD",
    line="#DFE4EA",
    edge="#7F8B9B",
    text="#19222E",
    muted="#536070",
    primary="#1D4F91",
    on_primary="#FFFFFF",
    primary_pale="#E9F0FA",
    good="#1B7A4B",
    good_pale="#E6F4EC",
    caution="#8F5B00",
    caution_pale="#FFF3DC",
    danger="#B3261E",
    danger_pale="#FDECEA",
    card_from="#223E6C",
    card_to="#2B62A9",
    on_card="#FFFFFF",
    card_window="#F6C25B",
    dark=False,
)

DARK = Palette(
    background="#11151B",
    surface="#1A2029",
    raised="#1F2630",
    line="#35404F",
    edge="#6F7D90",
    text="#E8EDF3",
    muted="#A5B1C0",
    primary="#84B4F2",
    on_primary="#0B1A2D",
    primary_pale="#1E2D42",
    good="#74D19B",
    good_pale="#163325",
    caution="#F1BC62",
    caution_pale="#382B12",
    danger="#F48E86",
    danger_pale="#3B1D1B",
    card_from="#1D3156",
    card_to="#26508B",
    on_card="#FFFFFF",
    card_window="#F6C25B",
    dark=True,
)

CONTRAST = Palette(
    background="#000000",
    surface="#000000",
    raised="#000000",
    line="#FFFFFF",
    edge="#FFFFFF",
    text="#FFFFFF",
    muted="#FFFFFF",
    primary="#FFE24A",
    on_primary="#000000",
    primary_pale="#000000",
    good="#7CFF9E",
    good_pale="#000000",
    caution="#FFE24A",
    caution_pale="#000000",
    danger="#FF9C94",
    danger_pale="#000000",
    card_from="#000000",
    card_to="#000000",
    on_card="#FFFFFF",
    card_window="#FFE24A",
    dark=True,
)
"""High contrast for systems that offer none themselves; where the system has one, its colours are taken."""

INKS = ("text", "muted", "primary", "good", "caution", "danger")
GROUNDS = ("background", "surface", "raised")

PAIRS: tuple[tuple[str, str], ...] = (
    *((ink, ground) for ink in INKS for ground in GROUNDS),
    *((ink, f"{ink}_pale") for ink in ("primary", "good", "caution", "danger")),
    *(("text", f"{tone}_pale") for tone in ("primary", "good", "caution", "danger")),
    ("muted", "primary_pale"),
    ("on_primary", "primary"),
    ("on_card", "card_from"),
    ("on_card", "card_to"),
)
"""Every pair of ink and ground that widgets use for words."""


@dataclass(frozen=True)
class Face:
    """Size in px at 100 % and weight."""

    size: int
    weight: int


FACES = {
    "display": Face(24, 600),
    "title": Face(17, 600),
    "strong": Face(15, 600),
    "body": Face(15, 400),
    "small": Face(13, 400),
    "small_strong": Face(13, 600),
}

TARGET = 36
"""Height of what can be pressed, in px at 100 % (the gate is 24)."""

TEXT_COLUMN = 42
"""The longest line in Chinese characters: 42 em of the body size, about 84 Latin letters."""

TEXT_SIZES = (100, 115, 130, 150, 175, 200)


def luminance(colour: str) -> float:
    """Relative luminance of ``#RRGGBB`` (WCAG 2.2)."""
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """``one`` with ``share`` (0 to 1) of ``other`` in it."""
    blend = (
        round(int(one[place : place + 2], 16) * (1 - share) + int(other[place : place + 2], 16) * share)
        for place in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02X}" for channel in blend)


def colour_names() -> tuple[str, ...]:
    return tuple(field.name for field in fields(Palette) if field.name != "dark")
