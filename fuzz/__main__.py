"""Fuzz the card layer: ``python -m fuzz [--seconds N] [--target NAME ...] [--keep]``. Linux, with atheris.

Each target starts from the inputs in ``fuzz/corpus/NAME`` and works in ``build/fuzz/NAME``, where an input that
crashes, hangs (10 s) or eats memory (1 GiB) is left as ``crash-…``. ``--keep`` takes the inputs that reach
something new into the repository's corpus, as few and as small as possible.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "fuzz" / "corpus"
WORK = ROOT / "build" / "fuzz"
NAMES = ("tlv", "objects", "apdu", "overview", "piv", "gids", "gids-objects")
LIMITS = ("-timeout=10", "-rss_limit_mb=1024", "-max_len=4096")
KEPT_MAX_LENGTH = 1024


def main() -> int:
    parser = argparse.ArgumentParser(prog="fuzz")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--target", action="append", choices=NAMES)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    verdicts = [fuzz(name, options.seconds) for name in options.target or NAMES]
    for name in (options.target or NAMES) if options.keep else ():
        keep(name)
    print("\n".join(f"{name:<14}{verdict}" for name, _failed, verdict in verdicts))
    return int(any(failed for _name, failed, _verdict in verdicts))


def fuzz(name: str, seconds: int) -> tuple[str, bool, str]:
    """Name, whether something was found, and libFuzzer's last figures."""
    work = WORK / name
    corpus = work / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    before = cpu_seconds()
    done = engine(name, str(corpus), str(CORPUS / name), f"-max_total_time={seconds}",
                  f"-artifact_prefix={work}/", *LIMITS)  # fmt: skip
    (work / "log").write_text(done.stderr, encoding="utf-8")
    runs = re.findall(r"^(?:#|Done )(\d+).*$", done.stderr, re.M)
    coverage = re.findall(r"cov: (\d+)", done.stderr)
    spent = f"{(cpu_seconds() - before) / 60:.1f} CPU minutes"
    figures = f"{runs[-1] if runs else 0} runs, {spent}, coverage {coverage[-1] if coverage else 0}"
    return (
        name,
        done.returncode != 0,
        f"{figures}, {'FOUND, see ' + str(work) if done.returncode else 'nothing found'}",
    )


def cpu_seconds() -> float:
    """Of all fuzzing so far: on a busy computer a minute by the clock is not a minute of work."""
    times = os.times()
    return times.children_user + times.children_system


def keep(name: str) -> None:
    """Merge what was found into the repository's corpus; long inputs stay out."""
    (CORPUS / name).mkdir(parents=True, exist_ok=True)
    engine(name, "-merge=1", f"-max_len={KEPT_MAX_LENGTH}", str(CORPUS / name), str(WORK / name / "corpus"))


def engine(name: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fuzz.engine", name, *options]
    return subprocess.run(
        command, cwd=ROOT, text=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, check=False
    )


if __name__ == "__main__":
    sys.exit(main())
