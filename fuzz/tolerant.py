"""What a card may make the client say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cardtool.errors import CardToolError, Defect


@contextmanager
def tolerant() -> Iterator[None]:
    """Errors of the tree are answers, except for the one that stands for our own faults."""
    try:
        yield
    except Defect:
        raise
    except CardToolError:
        pass
