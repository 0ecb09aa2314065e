"""APC: every single fault at every act of the flow, then resumed to the end (spec 5.3)."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.matrix.report import Report
from tests.matrix.world import Case
from tests.support.acts import Acts
from tests.support.faults import ALL, FITS, Fault
from tests.support.template import Template

Templates = Callable[[str], Template]
Folder = Callable[[], Path]
UNITS = ("blue", "green")
ON_CARD = FITS["apdu"]
CASES = [("blue", fault) for fault in ALL] + [("green", fault) for fault in ON_CARD]
"""The second unit differs by its slot, 9C: what happens to network and files is the same for both."""


def recorded(template: Template, folder: Path) -> list[str]:
    """The kinds of act of an undisturbed run, in order. The run itself must be all right."""
    case = Case(template, folder)
    try:
        acts = Acts()
        applied = case.attempt(acts)
        assert not isinstance(applied, str), applied
        assert case.violations(applied) == []
        return [act.kind for act in acts.names]
    finally:
        case.close()


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("unit", "fault"), CASES, ids=lambda part: part.replace(" ", "-"))
def test_every_single_fault_is_survived(
    template: Templates, folder: Folder, report: Report, unit: str, fault: Fault
):
    made = template(unit)
    kinds = recorded(made, folder())
    lost: list[str] = []
    tried = 0
    for act, kind in enumerate(kinds):
        if fault in FITS[kind]:
            tried += 1
            lost += [f"act {act} ({kind}): {wrong}" for wrong in survived(made, folder(), (act, fault))]
    report.add("APC", unit, fault, tried, len({line.split(":")[0] for line in lost}))
    assert lost == []
    assert tried > 0, "no act that this fault fits: FITS or the flow is wrong"


PAIRS = 40
"""A sample in every run, the same each time; ``dev.py test --all`` takes fifty times as many."""


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("pairs", [PAIRS, pytest.param(50 * PAIRS, marks=pytest.mark.long)])
@pytest.mark.parametrize("unit", UNITS)
def test_two_faults_in_a_row_are_survived(
    template: Templates, folder: Folder, report: Report, unit: str, pairs: int
):
    """One in the first start, another in the start that was to resume it (spec 5.3: flows that touch keys)."""
    made = template(unit)
    kinds = recorded(made, folder())
    places = [(act, fault) for act, kind in enumerate(kinds) for fault in FITS[kind]]
    dice = random.Random(f"{unit} {pairs}")
    lost: list[str] = []
    for _ in range(pairs):
        first, second = dice.sample(places, 2)
        lost += [f"{first} then {second}: {wrong}" for wrong in survived(made, folder(), first, second)]
    report.add("APC", unit, "two in a row", pairs, len({line.rpartition(": ")[0] for line in lost}))
    assert lost == []


def survived(template: Template, folder: Path, *plan: tuple[int, Fault]) -> list[str]:
    case = Case(template, folder)
    try:
        return case.survive_all(*plan)
    finally:
        case.close()


@pytest.mark.parametrize("unit", UNITS)
def test_every_kind_of_act_has_its_faults(template: Templates, folder: Folder, unit: str):
    """An act that no fault covers would be a hole in the matrix."""
    assert set(recorded(template(unit), folder())) == set(FITS)


@pytest.mark.parametrize("unit", UNITS)
def test_a_wrong_pin_then_the_right_one_costs_one_try_and_no_more(
    template: Templates, folder: Folder, unit: str
):
    case = Case(template(unit), folder(), wrong_pin_first=True)
    try:
        acts = Acts()
        applied = case.attempt(acts)
        assert not isinstance(applied, str), applied
        assert case.violations(applied) == []
        assert case.wrong_pins_left == 0
    finally:
        case.close()
