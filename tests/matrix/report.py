"""What the matrix tried and survived: rows of single runs, ``build/matrix.json``, and the table in docs/matrix.md.

``python -m tests.matrix.report`` makes both from the rows of the last run.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parents[2]
HEAD = """# The fault matrix

Every outside act of a flow (each command to the card, each exchange with the RA, each file written) is met by every
fault that fits it; then the flow is started again until it is through, and all invariants of *nothing is lost* are
checked: one order, one certificate, the card signs for it, no try spent, PIN and PUK as before, journal empty, no
secret left behind, audit chain whole. "Two in a row" is a fixed sample of pairs: the second fault hits the start that
was to resume. The unit *blue* keeps its key in 9A, *green* in 9C (PIN at every use).

`python3 dev.py matrix` runs it, `python -m tests.matrix.report` writes this table from the last run.
"""


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


def table(rows: Sequence[Row]) -> str:
    lines = ["| flow | unit | fault | acts | survived | seconds |", "|---|---|---|---:|---:|---:|"]
    lines += [
        f"| {row.flow} | {row.unit} | {row.fault} | {row.acts} | {row.survived} | {row.seconds:.0f} |"
        for row in rows
    ]
    acts, survived = sum(row.acts for row in rows), sum(row.survived for row in rows)
    return "\n".join([*lines, f"| | | **all** | **{acts}** | **{survived}** | |"])


def main() -> None:
    rows = collect(ROOT / "build" / "matrix")
    listed = json.dumps([asdict(row) for row in rows], indent=1)
    (ROOT / "build" / "matrix.json").write_text(listed, encoding="utf-8")
    (ROOT / "docs" / "matrix.md").write_text(f"{HEAD}\n{table(rows)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
