"""A captcha's picture on a terminal, and what is no picture."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image
from rich.console import Console

from cardtool.cli.captcha import MOST_PIXELS, TALLEST, WIDEST, show_image
from cardtool.errors import RaAnswerMalformed
from tests.unit.cli.samples import picture


def shown(png: bytes, *, width: int = 80, colours: bool = True) -> list[str]:
    out = io.StringIO()
    system = "truecolor" if colours else None
    show_image(Console(file=out, width=width, force_terminal=colours, color_system=system), png)
    return out.getvalue().splitlines()


def half_black() -> bytes:
    """Left half black, right half white."""
    image = Image.new("RGB", (20, 8), (255, 255, 255))
    image.paste((0, 0, 0), (0, 0, 10, 8))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_two_pixels_a_character():
    lines = shown(picture(40, 10))
    assert len(lines) == 5
    assert all(line.count("▀") == 40 for line in lines)
    assert "250;250;250" in lines[0]


def test_without_colours_darkness_is_ink():
    assert shown(half_black(), colours=False) == ["█" * 10 + " " * 10] * 4


@pytest.mark.parametrize(("width", "height"), [(1000, 10), (10, 1000), (999, 999), (1, 1), (3, 3)])
def test_any_size_fits_the_terminal(width: int, height: int):
    lines = shown(picture(width, height), width=60, colours=False)
    assert 1 <= len(lines) <= TALLEST // 2
    assert all(len(line) <= min(60, WIDEST) for line in lines)


def png_that_claims(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


@pytest.mark.parametrize(
    "png",
    [
        b"",
        b"GIF89a",
        picture(30, 10)[:-40],
        picture(30, 10)[:20],
        png_that_claims(2**31 - 1, 2**31 - 1),
        png_that_claims(MOST_PIXELS, 2),
        png_that_claims(0, 0),
        bytes(100),
    ],
    ids=range(8),
)
def test_what_is_no_picture_of_modest_size_is_the_ras_fault(png: bytes):
    with pytest.raises(RaAnswerMalformed):
        shown(png)
