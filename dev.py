#!/usr/bin/env python3
"""Everything a newcomer types: ``python3 dev.py VERB`` (Windows: ``py dev.py VERB``).

Each verb does all the set-up that it needs. This file starts under any Python from 3.9 and hands over to one
that CardTool runs on; what the verbs do is in ``devkit/``. Standard library only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

OLDEST, NEWEST = (3, 11), (3, 14)
VERBS = {
    "run": "open CardTool in practice mode (without a display: do its main job in the terminal)",
    "test": "run every test that CI runs; --only PART, --all; further arguments go to pytest",
    "check": "format, lint, types for three systems, import contract; --fix mends what can be mended",
    "matrix": "the fault matrix alone: every fault at every act of every flow",
    "build": "the frozen application: one folder, dist/cardtool",
    "bench": "how fast the window starts and how much memory it takes, beside a bare window",
    "shots": "pictures of every page in both languages and all appearances, as contact sheets",
    "lock": "bring requirements.lock in step with pyproject.toml (needs uv); --upgrade takes the newest",
}


def usage() -> str:
    lines = [f"  {verb:<8}{what}" for verb, what in VERBS.items()]
    return "\n".join(["usage: python3 dev.py VERB [ARGUMENT ...]", "", *lines])


def suitable_python() -> str | None:
    """The newest Python on this computer that CardTool runs on."""
    names = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    return next((found for found in map(shutil.which, names) if found), None)


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in VERBS:
        print(usage())
        return 0 if arguments in (["-h"], ["--help"]) else 2
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        from devkit.verbs import perform  # noqa: PLC0415 - an older Python cannot read it

        return perform(arguments[0], arguments[1:])
    python = suitable_python()
    if python is None:
        print("CardTool needs Python 3.11 to 3.14, and there is none on this computer.", file=sys.stderr)
        print(
            "Please install one (Ubuntu 22.04: sudo apt-get install python3.11), then try again.",
            file=sys.stderr,
        )
        return 2
    return subprocess.call([python, os.path.abspath(__file__), *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
