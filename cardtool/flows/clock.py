"""Is this computer's clock right enough? With a wrong one good certificates look bad (spec 6.3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cardtool.errors import ClockWrong
from cardtool.flows.ports import Clock

TOLERANCE = timedelta(minutes=5)


def clock_error(clock: Clock, skew_seconds: float | None) -> timedelta:
    """How far ``clock`` is from the RA's, always positive; zero before the RA has answered."""
    if skew_seconds is None:
        return timedelta(0)
    return abs(datetime.now(UTC) + timedelta(seconds=skew_seconds) - clock.now())


def require_right_clock(clock: Clock, skew_seconds: float | None) -> None:
    """Raises ClockWrong."""
    error = clock_error(clock, skew_seconds)
    if error > TOLERANCE:
        raise ClockWrong(round(error.total_seconds() / 60))
