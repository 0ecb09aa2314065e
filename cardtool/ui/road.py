"""The steps a person walks, by screen code: which are done, which is current, which lie ahead. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass, field

ROADS: dict[str, tuple[str, ...]] = {
    "SGN": ("SGN-1", "SGN-3"),
    "CRD": ("CRD-1", "CRD-2", "CRD-3"),
    "APC": ("APC-1", "APC-2", "APC-3", "APC-4", "APC-6"),
    "SIG": ("SIG-1", "SIG-2", "SIG-3"),
    "OUT": ("OUT-1",),
}
"""The usual road of each wizard. Pages that only some people meet are put in when they come."""


@dataclass
class Road:
    """``pages`` in order; ``place`` is the index of the current one."""

    wizard: str
    pages: list[str] = field(default_factory=list)
    place: int = 0
    _begun: bool = False

    @classmethod
    def of(cls, wizard: str) -> Road:
        return cls(wizard, list(ROADS.get(wizard, ())))

    def reach(self, page: str) -> None:
        """Go to ``page``, forward or back; one that is not on the road yet comes where we stand."""
        if page not in self.pages:
            self.pages.insert(self.place + 1 if self._begun else 0, page)
        self.place, self._begun = self.pages.index(page), True

    @property
    def current(self) -> str:
        return self.pages[self.place] if self.pages else ""

    def ends_here(self) -> bool:
        return self.place == len(self.pages) - 1
