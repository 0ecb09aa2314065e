"""Everything that judges the code without running it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from devkit import environment, quietly

MYPY = ("mypy", "--no-error-summary")
CHECKS: dict[str, tuple[str, ...]] = {
    # mypy is the slowest: first. Each system has its own cache, else they undo each other's.
    "types linux": (*MYPY, "--platform", "linux", "--cache-dir", ".mypy_cache/linux"),
    "types win32": (*MYPY, "--platform", "win32", "--cache-dir", ".mypy_cache/win32"),
    "types darwin": (*MYPY, "--platform", "darwin", "--cache-dir", ".mypy_cache/darwin"),
    "format": ("ruff", "format", "--check", "."),
    "lint": ("ruff", "check", "."),
    "imports": ("lint-imports",),
}
FIXES: tuple[tuple[str, ...], ...] = (
    ("ruff", "check", "--fix", "--quiet", "."),
    ("ruff", "format", "--quiet", "."),
)


def main(arguments: Sequence[str]) -> int:
    if arguments not in ([], ["--fix"]):
        print("usage: dev.py check [--fix]")
        return 2
    for fix in FIXES if arguments else ():
        run(fix)
    with ThreadPoolExecutor(max_workers=2) as pool:
        passed = list(pool.map(judge, CHECKS))
    print("All checks passed." if all(passed) else f"{passed.count(False)} of {len(passed)} checks failed.")
    return int(not all(passed))


def judge(name: str) -> bool:
    """Run one check; its words are shown only when it fails."""
    began = time.monotonic()
    result = run(CHECKS[name])
    verdict = "FAILED" if result.returncode else "ok"
    words = "\n" + result.stdout.rstrip() if result.returncode else ""
    print(f"{name:<14}{verdict:<8}{time.monotonic() - began:5.1f} s{words}", flush=True)
    return result.returncode == 0


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return quietly([str(environment.PROGRAMS / command[0]), *command[1:]])
