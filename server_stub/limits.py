"""Rate limits, counted in the database so that every worker counts the same."""

from __future__ import annotations

from server_stub.db.models import Rate
from server_stub.problems import Code, Problem
from server_stub.ra import Act

WINDOW_SECONDS = 60


def count(act: Act, use: str, who: str, *, limit: int) -> None:
    """Count one attempt of ``who``. Raises Problem BUSY above ``limit`` in the current minute."""
    second = int(act.now.timestamp())
    window = second // WINDOW_SECONDS
    key = act.ra.tags.tag("rate", use, who)
    rate = act.db.get(Rate, (key, window)) or Rate(key=key, window=window, count=0)
    rate.count += 1
    act.db.add(rate)
    if rate.count > limit:
        raise Problem(Code.BUSY, keep=True, retry_after=(window + 1) * WINDOW_SECONDS - second)
