"""A call with a time limit gives its result, its error, or up."""

from __future__ import annotations

import threading

import pytest

from cardtool.errors import NoCard
from cardtool.pcsc.bounded import call_within


def test_result_and_error_come_through() -> None:
    assert call_within(60, lambda: 7, lambda _late: None) == 7

    def fail() -> int:
        raise NoCard("Reader 0")

    with pytest.raises(NoCard):
        call_within(60, fail, lambda _late: None)


def test_a_late_result_is_undone() -> None:
    go, undone = threading.Event(), threading.Event()
    late: list[str] = []

    def call() -> str:
        go.wait(60)
        return "handle"

    def undo(result: str) -> None:
        late.append(result)
        undone.set()

    with pytest.raises(TimeoutError):
        call_within(0.01, call, undo)
    go.set()
    assert undone.wait(60)
    assert late == ["handle"]
