"""``build/matrix.json``: what was tried and survived, one line a flow, unit and fault."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter


@dataclass(frozen=True)
class Row:
    flow: str
    unit: str
    fault: str
    acts: int
    survived: int
    seconds: float


class Report:
    """One file a row, so that parallel workers do not wait for each other; ``collect`` makes one of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._began = perf_counter()

    def add(self, flow: str, unit: str, fault: str, tried: int, lost: int) -> None:
        row = Row(flow, unit, fault, tried, tried - lost, round(perf_counter() - self._began, 1))
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{flow}-{unit}-{fault}.json".replace(" ", "-").replace(",", "")
        (self._folder / name).write_text(json.dumps(asdict(row)), encoding="utf-8")


def collect(folder: Path) -> list[Row]:
    rows = [Row(**json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.json"))]
    return sorted(rows, key=lambda row: (row.flow, row.unit, row.fault))
