"""The accessibility tree of one program, read anew with every question (AT-SPI 2: org.a11y.atspi.Accessible)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.ui.outside.bus import ATSPI, Bus, NotAnswered

ROOT = "/org/a11y/atspi/accessible/root"
NOTHING = "/org/a11y/atspi/null"
# Numbers of AtspiStateType, AtspiRole and AtspiRelationType.
ENABLED, FOCUSABLE, FOCUSED, SHOWING, VISIBLE, CHECKED = 8, 11, 12, 25, 30, 4
RADIO_BUTTON, COMBO_BOX, PASSWORD = 44, 11, 40
LABELLED_BY = 2
MANY = 300
"""A node with more children than this is a list of data; the first ones stand for all."""

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Node:
    bus: Bus
    name_on_bus: str
    path: str

    def _call(self, interface: str, member: str, signature: str = "", *body: object) -> tuple[Any, ...]:
        found = self.bus.call(self.name_on_bus, self.path, ATSPI + interface, member, signature, *body)
        return tuple(found)

    def _property(self, interface: str, member: str) -> Any:
        return self.bus.property(self.name_on_bus, self.path, ATSPI + interface, member)

    @property
    def name(self) -> str:
        """What a screen reader calls it. A combo box's own name is its value: its label names it."""
        if self.role == COMBO_BOX:
            return " ".join(label.own_name for label in self._labels())
        return self.own_name

    @property
    def own_name(self) -> str:
        return str(self._property("Accessible", "Name"))

    @property
    def role(self) -> int:
        return int(self._call("Accessible", "GetRole")[0])

    def _labels(self) -> Iterator[Node]:
        for kind, targets in self._call("Accessible", "GetRelationSet")[0]:
            if kind == LABELLED_BY:
                yield from (Node(self.bus, *target) for target in targets)

    def states(self) -> int:
        """Bits by number."""
        low, high = self._call("Accessible", "GetState")[0]
        return int(low) | int(high) << 32

    def has(self, *wanted: int) -> bool:
        """What is gone has no state."""
        with suppress(NotAnswered):
            states = self.states()
            return all(states >> number & 1 for number in wanted)
        return False

    @property
    def size(self) -> tuple[int, int]:
        _left, _top, width, height = self._call("Component", "GetExtents", "u", 0)[0]
        return width, height

    def children(self) -> list[Node]:
        found = self._call("Accessible", "GetChildren")[0]
        return [Node(self.bus, *where) for where in found if where[1] != NOTHING]

    def parent(self) -> Node:
        return Node(self.bus, *self._property("Accessible", "Parent"))

    def walk(self, *, hidden: bool = False) -> Iterator[Node]:
        """This and everything below, top down; what goes meanwhile is left out."""
        with suppress(NotAnswered):
            if not hidden and self.path != ROOT and not self.has(SHOWING, VISIBLE):
                return
            yield self
            for child in self.children()[:MANY]:
                yield from child.walk(hidden=hidden)

    def words(self) -> Iterator[str]:
        """Every text that it gives away."""
        for member in ("Name", "Description", "HelpText"):
            with suppress(NotAnswered):
                yield str(self._property("Accessible", member))
        with suppress(NotAnswered):
            yield str(self._call("Text", "GetText", "ii", 0, -1)[0])
        with suppress(NotAnswered):
            yield str(self._call("Accessible", "GetAttributes")[0])

    def seen(self) -> Seen:
        return Seen(self, self.name, self.role, self.size)


@dataclass(frozen=True)
class Seen:
    """``node`` as it was at one look. ``size``: pixels."""

    node: Node
    name: str
    role: int
    size: tuple[int, int]

    def __str__(self) -> str:
        return f"{self.name!r} (role {self.role}, {self.size})"


def answers(nodes: Iterable[Node], ask: Callable[[Node], Answer]) -> Iterator[tuple[Node, Answer]]:
    """Each with its answer. Pages make themselves anew: what goes before it answers is left out."""
    for node in nodes:
        with suppress(NotAnswered):
            yield node, ask(node)


def programs(bus: Bus) -> list[Node]:
    """Every program that speaks AT-SPI."""
    return Node(bus, ATSPI + "Registry", ROOT).children()
