"""Start to first paint, and resident memory, as ratios to a bare PySide6 window: ``dev.py bench`` (Linux).

Seen from outside: the clock runs from just before the process is made until the screen shows a real picture.
Subjects take turns within each round on a fresh virtual screen, so that the machine's moods hit all alike;
ratios are taken round by round and their median counts. Processor time is told as well: on a busy machine it
is the steadier figure. The frozen program has a peer of its own, the bare window frozen: both run on the shared
libpython that PyInstaller takes, which on Debian is not the optimised one of ``python3``. Memory is that of the
window's own process alone (/proc/PID/smaps_rollup), at the first paint and when the home screen has looked at
card and RA.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from bench.frame import Frame
from devkit import ROOT, build, screen

REPORT = ROOT / "build" / "bench" / "start.json"
BARE = """
import sys
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication(sys.argv)
window = QLabel("A bare window with some words in it")
window.resize(1040, 720)
window.show()
sys.exit(app.exec())
"""
COLOURS = 12
"""Different colours from which a picture is real: a window's ground and the soft edges of its letters."""
LOOKS_EVERY = 0.001
LONGEST_START = 120.0
"""Seconds; the very first start makes the practice world, though its window is there long before."""
SETTLED = 4.0
"""Seconds after the first paint: readers opened, card and RA looked at."""
PEERS = {"frozen": "bare frozen"}
"""Whose first paint is the measure, where it is not the bare window from source."""
START_TARGET, MEMORY_TARGET = 1.3, 90.0
MIB = 1024


@dataclass(frozen=True)
class Run:
    """``paint`` and ``cpu`` (processor time until then) in seconds, the others in MiB."""

    paint: float
    cpu: float
    first_rss: float
    settled_rss: float
    settled_pss: float


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    runs: dict[str, list[Run]] = {name: [] for name in subjects(options.lang)}
    with tempfile.TemporaryDirectory(prefix="cardtool-bench-") as home:
        for turn in range(options.runs + 1):
            for name, command in subjects(options.lang).items():
                run = measure(command, Path(home))
                if turn:  # the first turn fills caches and makes the practice world
                    runs[name].append(run)
    report = {
        name: summary(taken, runs["bare"], runs.get(PEERS.get(name, "bare"), runs["bare"]))
        for name, taken in runs.items()
    }
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    told = {name: {**report[name], "runs": [asdict(run) for run in taken]} for name, taken in runs.items()}
    REPORT.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    print(table(report))
    return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py bench")
    parser.add_argument("--runs", type=int, default=9, help="counted rounds; one more comes first, uncounted")
    parser.add_argument("--lang", default="zh_TW", choices=["zh_TW", "en"])
    return parser.parse_args(arguments)


def subjects(language: str) -> dict[str, list[str]]:
    """What is measured; the frozen program where it was built."""
    window = ["--practice", "--lang", language]
    found = {"bare": [sys.executable, "-c", BARE], "source": [sys.executable, "-m", "cardtool", *window]}
    frozen = build.program("cardtool")
    if not frozen.exists():
        return found
    return {**found, "bare frozen": [str(bare_frozen())], "frozen": [str(frozen), *window]}


def bare_frozen() -> Path:
    """The bare window, frozen once in the plainest way. Raises CalledProcessError."""
    place = REPORT.parent / "bare"
    program, script = place / "dist" / "bare" / "bare", place / "bare.py"
    if not program.exists():
        place.mkdir(parents=True, exist_ok=True)
        script.write_text(BARE, "utf-8")
        command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--strip", str(script)]
        subprocess.run(command, cwd=place, check=True, stderr=subprocess.DEVNULL)
    return program


def measure(command: Sequence[str], home: Path) -> Run:
    """One start on a fresh screen. Raises RuntimeError when no picture comes."""
    with tempfile.TemporaryDirectory() as place, screen.xvfb("-fbdir", place) as display:
        frame = Frame(Path(place))
        began = time.monotonic()
        process = subprocess.Popen(command, env=variables(display, home, place), stdin=subprocess.DEVNULL)
        try:
            wait_for_paint(frame, process, began)
            paint, cpu = time.monotonic() - began, processor_seconds(process.pid)
            first = memory(process.pid)
            time.sleep(SETTLED)
            settled = memory(process.pid)
        finally:
            process.terminate()
            process.wait()
    return Run(paint, cpu, first["Rss"], settled["Rss"], settled["Pss"])


def variables(display: str, home: Path, runtime: str) -> dict[str, str]:
    # Bytecode may be kept, as it is on any person's computer.
    dropped = ("WAYLAND_DISPLAY", "PYTHONDONTWRITEBYTECODE", "DBUS_SESSION_BUS_ADDRESS")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    ours = {"DISPLAY": display, "CARDTOOL_HOME": str(home), "XDG_RUNTIME_DIR": runtime}
    return kept | ours | {"QT_QPA_PLATFORM": "xcb"}


def wait_for_paint(frame: Frame, process: subprocess.Popen[bytes], began: float) -> None:
    while frame.colours(COLOURS) < COLOURS:
        if process.poll() is not None or time.monotonic() - began > LONGEST_START:
            raise RuntimeError(f"no window came (exit status {process.returncode})")
        time.sleep(LOOKS_EVERY)


def processor_seconds(process: int) -> float:
    """On a processor, all threads of one process (proc(5), /proc/PID/task/TID/schedstat, first field: ns)."""
    threads = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(thread.read_text("ascii").split()[0]) for thread in threads) / 1e9


def memory(process: int) -> dict[str, float]:
    """Rss, Pss and more of one process in MiB."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()[1:]
    return {name: int(rest.split()[0]) / MIB for name, _, rest in (line.partition(":") for line in lines)}


def summary(runs: Sequence[Run], bare: Sequence[Run], peer: Sequence[Run]) -> dict[str, float]:
    """``peer``: the bare window that runs in the same way."""
    return {
        "paint_median": median(run.paint for run in runs),
        "paint_least": min(run.paint for run in runs),
        "ratio": median(run.paint / other.paint for run, other in zip(runs, bare, strict=True)),
        "peer_ratio": median(run.paint / other.paint for run, other in zip(runs, peer, strict=True)),
        "cpu_median": median(run.cpu for run in runs),
        "cpu_ratio": median(run.cpu for run in runs) / median(run.cpu for run in peer),
        "first_rss": median(run.first_rss for run in runs),
        "settled_rss": median(run.settled_rss for run in runs),
        "settled_pss": median(run.settled_pss for run in runs),
    }


def table(report: dict[str, dict[str, float]]) -> str:
    heads = "             paint s   least  to bare  to peer   cpu s  to peer   RSS at paint   RSS settled   PSS settled"
    rows = [
        f"{name:<12}{row['paint_median']:8.3f}{row['paint_least']:8.3f}{row['ratio']:9.2f}{row['peer_ratio']:9.2f}"
        f"{row['cpu_median']:8.3f}{row['cpu_ratio']:9.2f}"
        f"{row['first_rss']:11.0f} MiB{row['settled_rss']:10.0f} MiB{row['settled_pss']:10.0f} MiB"
        for name, row in report.items()
    ]
    targets = f"targets: ratio at most {START_TARGET} and RSS at most {MEMORY_TARGET:.0f} MiB"
    return "\n".join([heads, *rows, targets])
