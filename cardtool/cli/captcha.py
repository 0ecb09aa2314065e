"""A captcha on a terminal: the picture in half blocks, or its sound as a file."""

from __future__ import annotations

import io
from math import prod
from pathlib import Path

from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.text import Text

from cardtool.errors import RaAnswerMalformed

WIDEST = 100
MOST_PIXELS = 1_000_000
IHDR_SIZES = (16, 20)
"""Where a PNG file says its width and height (PNG specification, 11.2.2), before anything is unpacked."""
TALLEST = 60
UPPER_HALF = "▀"
HALVES = {(False, False): " ", (True, False): UPPER_HALF, (False, True): "▄", (True, True): "█"}
DARK = 3 * 128

Pixel = tuple[int, int, int]


def show_image(console: Console, png: bytes) -> None:
    """Two pixels a character, the upper one in ink, the lower one as its ground; without colours, by darkness.

    Raises RaAnswerMalformed for what is no picture of modest size.
    """
    pixels = _pixels(png, min(WIDEST, console.width))
    paint = _by_darkness if console.color_system is None else _in_colours
    for upper, lower in zip(pixels[::2], pixels[1::2], strict=True):
        console.print(Text.assemble(*map(paint, upper, lower)), no_wrap=True, overflow="crop")


def _pixels(png: bytes, widest: int) -> list[list[Pixel]]:
    """Rows of pixels, an even number of them."""
    from PIL import Image  # noqa: PLC0415 - heavy, and only needed here

    claimed = (int.from_bytes(png[place : place + 4], "big") for place in IHDR_SIZES)
    if prod(claimed) > MOST_PIXELS:
        raise RaAnswerMalformed
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as picture:
            width = min(widest, picture.width)
            height = max(2, round(picture.height * width / picture.width) // 2 * 2)
            small = picture.convert("RGB").resize((width, min(height, TALLEST)))
    except (OSError, ValueError, SyntaxError):
        raise RaAnswerMalformed from None
    raw = small.tobytes()
    flat = [(raw[place], raw[place + 1], raw[place + 2]) for place in range(0, len(raw), 3)]
    return [flat[row : row + small.width] for row in range(0, len(flat), small.width)]


def _in_colours(upper: Pixel, lower: Pixel) -> tuple[str, Style]:
    return UPPER_HALF, Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower))


def _by_darkness(upper: Pixel, lower: Pixel) -> tuple[str, Style]:
    return HALVES[sum(upper) < DARK, sum(lower) < DARK], Style.null()


def save_sound(folder: Path, wav: bytes) -> Path:
    """Where the sound was saved, for a player of the person's choice. A captcha is no secret of theirs."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "captcha.wav"
    path.write_bytes(wav)
    return path
