"""A captcha on a terminal: the picture in half blocks, or its sound as a file."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDEST = 100
MOST_PIXELS = 1_000_000
UPPER_HALF = "▀"


def show_image(console: Console, png: bytes) -> None:
    """Two pixels a character: the upper one as the foreground of ▀, the lower one as its background."""
    from PIL import Image  # noqa: PLC0415 - heavy, and only needed here

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with Image.open(io.BytesIO(png), formats=["PNG"]) as picture:
        width = min(WIDEST, console.width, picture.width)
        height = max(2, round(picture.height * width / picture.width) // 2 * 2)
        pixels = picture.convert("RGB").resize((width, height)).load()
    assert pixels is not None
    for row in range(0, height, 2):
        line = Text()
        for column in range(width):
            upper, lower = pixels[column, row], pixels[column, row + 1]
            line.append(UPPER_HALF, style=f"rgb{upper} on rgb{lower}".replace(" ", "").replace("on", " on "))
        console.print(line)


def save_sound(folder: Path, wav: bytes) -> Path:
    """Where the sound was saved, for a player of the person's choice. A captcha is no secret of theirs."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "captcha.wav"
    path.write_bytes(wav)
    return path
