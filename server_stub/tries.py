"""Consecutive wrong site passwords and the suspension they lead to.

Counted by a keyed hash of unit and name, whether the account exists or not: an unknown name answers
exactly like a known one, down to its suspension.
"""

from __future__ import annotations

from sqlalchemy import bindparam, select

from server_stub.db.models import SignInCounter
from server_stub.policy.unit import Unit
from server_stub.problems import Code, Problem
from server_stub.ra import Act

_SUSPENDED = select(SignInCounter.suspended).where(SignInCounter.tag == bindparam("tag"))


def is_suspended(act: Act, unit: str, name: str) -> bool:
    """Asked at every call of someone signed in, so only the one column is read."""
    return bool(act.db.scalar(_SUSPENDED, {"tag": _tag(act, unit, name)}))


def check_open(act: Act, unit: str, name: str) -> None:
    """Raises Problem SUSPENDED."""
    if is_suspended(act, unit, name):
        raise Problem(Code.SUSPENDED)


def wrong(act: Act, unit: Unit, name: str) -> Problem:
    """Count a wrong password and return the Problem to raise: tries left, or suspended from now on."""
    return wrong_of(act, unit.id, name, allowed=unit.suspension_after)


def wrong_of(act: Act, group: str, name: str, *, allowed: int) -> Problem:
    """The same for names that belong to no unit."""
    counter = _counter(act, group, name)
    counter.failures += 1
    counter.suspended = counter.failures >= allowed
    if counter.suspended:
        act.record("account.suspended", f"{group}/{counter.tag[:16]}", failures=counter.failures)
        return Problem(Code.SUSPENDED, keep=True)
    return Problem(Code.WRONG_PASSWORD, keep=True, attempts_left=allowed - counter.failures)


def right(act: Act, unit: str, name: str) -> None:
    """Only consecutive errors count: start again at zero."""
    _counter(act, unit, name).failures = 0


def reset(act: Act, unit: str, name: str) -> None:
    """End a suspension and start counting anew."""
    counter = _counter(act, unit, name)
    counter.failures, counter.suspended = 0, False


def suspend(act: Act, unit: str, name: str) -> None:
    _counter(act, unit, name).suspended = True


def _counter(act: Act, unit: str, name: str) -> SignInCounter:
    tag = _tag(act, unit, name)
    counter = act.db.get(SignInCounter, tag)
    if counter is None:
        counter = SignInCounter(tag=tag, failures=0, suspended=False)
        act.db.add(counter)
    counter.touched_at = act.now
    return counter


def _tag(act: Act, unit: str, name: str) -> str:
    return act.ra.tags.tag("account", unit, name)
