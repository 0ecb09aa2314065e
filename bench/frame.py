"""Looks at a virtual screen from outside: Xvfb keeps its picture in a file (XWD format, X11/XWDFile.h)."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

HEADER = struct.Struct(">25I")
HEADER_SIZE, WIDTH, HEIGHT, BYTES_PER_LINE, COLOUR_COUNT = 0, 4, 5, 12, 19
COLOUR_ENTRY = 12
EVERY = 4
"""Only every fourth row is looked at: letters are higher than that, and looking must cost next to nothing."""


class Frame:
    """Knows the picture as it was when it was made; ``colours`` sees what has changed since."""

    def __init__(self, folder: Path) -> None:
        with (folder / "Xvfb_screen0").open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        header = HEADER.unpack(self._bytes[: HEADER.size])
        begin = header[HEADER_SIZE] + header[COLOUR_COUNT] * COLOUR_ENTRY
        line = header[BYTES_PER_LINE]
        rows = range(0, header[HEIGHT], EVERY)
        self._rows = [slice(begin + row * line, begin + row * line + header[WIDTH] * 4) for row in rows]
        self._blank = [self._bytes[row] for row in self._rows]

    def colours(self, enough: int) -> int:
        """How many colours the changed rows show; counting ends at ``enough``."""
        seen: set[int] = set()
        for row, blank in zip(self._rows, self._blank, strict=True):
            now = self._bytes[row]
            if now != blank:
                seen.update(memoryview(now).cast("I"))
            if len(seen) >= enough:
                break
        return len(seen)
