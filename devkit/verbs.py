"""One function per verb: the set-up it needs, then the work."""

from __future__ import annotations

import os
import subprocess
import sys

from devkit import ROOT, SetupError, build, checks, environment, machine, screen, tests


def perform(verb: str, arguments: list[str]) -> int:
    """Do ``verb`` and return its exit status."""
    os.chdir(ROOT)
    try:
        return VERBS[verb](arguments)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def prepare(*packages: str) -> None:
    """All the set-up: system packages in one go, then the environment."""
    machine.need([*machine.BASE, *packages, *environment.packages()])
    environment.ensure()


def run(arguments: list[str]) -> int:
    windowed = screen.has_display()
    prepare(*(machine.WINDOW if windowed else ()))
    # Without a display the same main job is done in the terminal.
    program = ["--practice"] if windowed else ["practice-tour"]
    return subprocess.call([str(environment.PYTHON), "-m", "cardtool", *program, *arguments])


def test(arguments: list[str]) -> int:
    prepare(*machine.WINDOW, *machine.TESTS, *machine.FREEZE)
    return tests.main(arguments)


def matrix(arguments: list[str]) -> int:
    return test(["--only", "matrix", *arguments])


def check(arguments: list[str]) -> int:
    prepare()
    return checks.main(arguments)


def lock(arguments: list[str]) -> int:
    return environment.lock(arguments)


def freeze(arguments: list[str]) -> int:
    prepare(*machine.WINDOW, *machine.FREEZE)
    return build.main(arguments)


def bench(arguments: list[str]) -> int:
    """In the environment's own Python: the windows that are compared run on the same."""
    prepare(*machine.WINDOW, "xvfb")
    return subprocess.call([str(environment.PYTHON), "-m", "bench", *arguments])


def shots(arguments: list[str]) -> int:
    """Pictures of every page. Without a display: the offscreen platform draws them all alike."""
    prepare(*machine.WINDOW)
    quiet = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    return subprocess.call([str(environment.PYTHON), "-m", "tests.ui.shots", *arguments], env=quiet)


VERBS = {
    "run": run,
    "test": test,
    "check": check,
    "matrix": matrix,
    "build": freeze,
    "bench": bench,
    "shots": shots,
    "lock": lock,
}
