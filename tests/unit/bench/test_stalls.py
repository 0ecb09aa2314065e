"""What is told of several runs of the walks."""

from __future__ import annotations

from bench.stalls import Gap, grouped, table


def gap(milliseconds: float, act: str, gui: float = 1.0) -> Gap:
    return {"gap": milliseconds, "gui": gui, "process": gui, "act": act}


RUNS = [
    {"apply": [gap(40, "HOME", 9.0), gap(20, "APC-1")], "sign in": [gap(12, "HOME")]},
    {"apply": [gap(60, "APC-1", 5.0), gap(30, "HOME", 30.0)], "sign in": [gap(10, "SGN-1")]},
]


def test_of_a_walk_counts_the_worst_of_each_run_and_of_an_act_all() -> None:
    by_walk, by_act = grouped(RUNS)
    assert [one["gap"] for one in by_walk["apply"]] == [40, 60]
    assert [one["gap"] for one in by_act["HOME"]] == [40, 12, 30]


def test_the_worst_comes_first_with_the_act_and_the_windows_own_share() -> None:
    by_walk, by_act = grouped(RUNS)
    assert table("walk", by_walk)[2:] == [
        "| apply | 50.0 | 60.0 APC-1 | 5.0 | 9.0 |",
        "| sign in | 11.0 | 12.0 HOME | 1.0 | 1.0 |",
    ]
    assert table("act", by_act)[2].startswith("| APC-1 | 40.0 | 60.0 |")
