"""The test suite in parts, each run the way that suits it, with one summary at the end."""

from __future__ import annotations

import argparse
import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from xml.etree import ElementTree

from devkit import ROOT, environment, screen

REPORTS = ROOT / "build" / "tests"
NO_TESTS_COLLECTED = 5


@dataclass(frozen=True)
class Part:
    """``where``: folders below tests/. ``workers``: processes, 0 for one test after the other."""

    name: str
    where: tuple[str, ...]
    marks: str = "not system"
    workers: str = "0"
    screen: bool = False


PARTS = (
    Part("logic", ("unit", "contract", "flows", "server", "store"), workers="auto"),
    Part("window", ("ui",), screen=True),
    Part("matrix", ("matrix",), workers="auto"),
    Part("frozen", ("frozen",)),
    # There is one card service on a computer, so these run one after the other.
    Part("system", ("",), marks="system", screen=True),
)


@dataclass(frozen=True)
class Outcome:
    name: str
    status: int
    passed: int
    failed: int
    skipped: int
    seconds: float

    def __str__(self) -> str:
        ran = self.passed + self.failed + self.skipped
        verdict = "FAILED" if self.status else "ok" if ran else "none"
        counts = f"{self.passed:5} passed, {self.failed} failed, {self.skipped} skipped"
        return f"{self.name:<8}{verdict:<8}{counts}, {self.seconds:.0f} s"


def main(arguments: Sequence[str]) -> int:
    options, further = parse(arguments)
    REPORTS.mkdir(parents=True, exist_ok=True)
    chosen = [part for part in PARTS if not options.only or part.name in options.only]
    outcomes = [run(part, options.all, further) for part in chosen if has_tests(part)]
    return summary(outcomes)


def parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(prog="dev.py test", description="Other arguments go to pytest.")
    parser.add_argument("--all", action="store_true", help="also what takes long")
    parser.add_argument("--only", action="append", choices=[part.name for part in PARTS], metavar="PART")
    return parser.parse_known_args(arguments)


def has_tests(part: Part) -> bool:
    return any(next((ROOT / "tests" / folder).rglob("test_*.py"), None) for folder in part.where)


def run(part: Part, long_too: bool, further: Sequence[str]) -> Outcome:
    print(f"\n--- {part.name} ---", flush=True)
    report = REPORTS / f"{part.name}.xml"
    report.unlink(missing_ok=True)
    began = time.monotonic()
    with screen.virtual_screen() if part.screen else nullcontext(dict(os.environ)) as variables:
        status = subprocess.call(command(part, long_too, further), cwd=ROOT, env=variables)
    return outcome(part, status, time.monotonic() - began)


def command(part: Part, long_too: bool, further: Sequence[str]) -> list[str]:
    folders = [str(path) for folder in part.where if (path := ROOT / "tests" / folder).is_dir()]
    marks = part.marks if long_too else f"{part.marks} and not long"
    workers = ["-n", part.workers] if part.workers != "0" else []
    report = f"--junitxml={REPORTS / part.name}.xml"
    return [str(environment.PYTHON), "-m", "pytest", *folders, "-m", marks, *workers, report, *further]


def outcome(part: Part, status: int, seconds: float) -> Outcome:
    """Counts from pytest's own report; a run that left none is one failure."""
    report = REPORTS / f"{part.name}.xml"
    if not report.exists():
        return Outcome(part.name, status or 1, 0, 1, 0, seconds)
    count = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        count = {name: number + int(suite.get(name, 0)) for name, number in count.items()}
    failed = count["failures"] + count["errors"]
    passed = count["tests"] - failed - count["skipped"]
    # Narrowed by the person (-k …), a part may have nothing to run; the sum must not be nothing.
    return Outcome(
        part.name, 0 if status == NO_TESTS_COLLECTED else status, passed, failed, count["skipped"], seconds
    )


def summary(outcomes: Sequence[Outcome]) -> int:
    """Print one line per part and, last, the sum. Exit status 1 on any failure, or when no test passed."""
    print("\n" + "\n".join(map(str, outcomes)))
    passed = sum(one.passed for one in outcomes)
    failed = sum(one.failed for one in outcomes)
    skipped = sum(one.skipped for one in outcomes)
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return int(failed > 0 or passed == 0 or any(one.status for one in outcomes))
