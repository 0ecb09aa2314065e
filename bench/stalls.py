"""How long the window stands still, walk by walk and act by act: ``python -m bench.stalls [--runs N] [-k WALKS]``.

The walks of ``tests/ui/walks`` are taken several times on a screen of their own. What counts is the largest gap of
a 5 ms timer in the window's thread, with the processor time that this thread used meanwhile: where there is much
less of it than the gap is long, the computer did something else. Measure on a machine without other work.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import TypedDict

from devkit import ROOT, screen

WALKS = ("tests/ui/walks/test_apply.py", "tests/ui/walks/test_practice.py")
TOLD = ROOT / "build" / "ui" / "stalls.json"
REPORT = ROOT / "build" / "bench" / "stalls.json"
TARGET = 50.0
"""Milliseconds."""
SHOWN_ACTS = 15


class Gap(TypedDict):
    """As ``tests.ui.walks.gaps`` writes it, in milliseconds."""

    gap: float
    gui: float
    process: float
    act: str


Run = Mapping[str, Sequence[Gap]]
"""By walk, the worst gap of each of its acts, the worst first."""


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    runs = [walk(options.k) for _ in range(options.runs)]
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(runs, indent=1, ensure_ascii=False) + "\n", "utf-8")
    by_walk, by_act = grouped(runs)
    print("\n".join([*table("walk", by_walk), "", *table("act", by_act)[: SHOWN_ACTS + 2]]))
    return 0 if all(gap["gap"] < TARGET for gaps in by_walk.values() for gap in gaps) else 1


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.stalls")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("-k", default="", metavar="WALKS", help="as pytest takes it")
    return parser.parse_args(arguments)


def walk(chosen: str) -> Run:
    """Every chosen walk once. Raises CalledProcessError when one does not come to its end."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", chosen, *WALKS]
    with screen.virtual_screen() as environment:
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=sys.stderr)
    told: Run = json.loads(TOLD.read_text("utf-8"))
    return told


def grouped(runs: Iterable[Run]) -> tuple[dict[str, list[Gap]], dict[str, list[Gap]]]:
    """By walk, the worst gap of each run; by act, its gaps in all walks and runs."""
    by_walk: dict[str, list[Gap]] = defaultdict(list)
    by_act: dict[str, list[Gap]] = defaultdict(list)
    for run in runs:
        for name, gaps in run.items():
            by_walk[name].append(gaps[0])
            for gap in gaps:
                by_act[gap["act"]].append(gap)
    return by_walk, by_act


def table(head: str, groups: Mapping[str, Sequence[Gap]]) -> list[str]:
    """As Markdown, the worst first."""
    lines = [f"| {head} | median ms | worst ms | window's CPU then | most CPU |", "|---|---:|---:|---:|---:|"]
    for name, gaps in sorted(groups.items(), key=lambda group: -max(gap["gap"] for gap in group[1])):
        worst = max(gaps, key=lambda gap: gap["gap"])
        middle, most = median(gap["gap"] for gap in gaps), max(gap["gui"] for gap in gaps)
        said = f"{worst['gap']:.1f} {worst['act'] if head == 'walk' else ''}".rstrip()
        lines.append(f"| {name} | {middle:.1f} | {said} | {worst['gui']:.1f} | {most:.1f} |")
    return lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
