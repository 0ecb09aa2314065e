"""One page as a screen reader and a keyboard meet it: names, sizes, and where Tab leads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from tests.ui.outside.bus import NotAnswered
from tests.ui.outside.program import Program
from tests.ui.outside.tree import RADIO_BUTTON, Node, Seen

Faults = list[tuple[str, str]]
"""Kind, and what is wrong where."""

LEAST_TARGET = 24
MORE_TABS = 3
"""After as many Tabs as there are controls, so many more: the focus must come round."""
ATTEMPTS = 5


def examine(program: Program, where: str, window: Node | None = None) -> Faults:
    """A page that makes itself anew meanwhile is examined anew: every control of the last one counts."""
    for _ in range(ATTEMPTS):
        controls = program.at_rest(window)
        found = [*_looks(where, controls), *_tabs(program, where, controls)]
        if _nodes(program.at_rest(window)) == _nodes(controls):
            return found
    raise AssertionError(f"{where} never stays as it is: {[str(control) for control in controls]}")


def _nodes(controls: list[Seen]) -> set[Node]:
    return {control.node for control in controls}


def _looks(where: str, controls: list[Seen]) -> Iterator[tuple[str, str]]:
    for control in controls:
        if not control.name.strip():
            yield "without a name", f"{where}: {control}"
        if min(control.size) < LEAST_TARGET:
            yield "too small", f"{where}: {control}"


def _tabs(program: Program, where: str, controls: list[Seen]) -> Iterator[tuple[str, str]]:
    """Tab reaches each control (one of a group of radio buttons for all of them) and comes round."""
    nodes, reached = _nodes(controls), set[Node | None]()
    for _ in range(len(controls) + MORE_TABS):
        focused = program.focused(nodes)
        reached.add(focused)
        if not program.tab(nodes):
            keeps = [control for control in controls if control.node == focused and len(controls) > 1]
            yield from (("keeps the focus", f"{where}: {control}") for control in keeps)
            break
    for control in controls:
        if control.node not in reached and not _in_reached_group(control, reached):
            yield "not reached by Tab", f"{where}: {control}"


def _in_reached_group(control: Seen, reached: set[Node | None]) -> bool:
    if control.role == RADIO_BUTTON:
        with suppress(NotAnswered):
            return not reached.isdisjoint(control.node.parent().children())
    return False
