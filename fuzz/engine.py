"""One target under atheris (libFuzzer), in a process of its own: ``python -m fuzz.engine TARGET [OPTION ...]``."""

from __future__ import annotations

import sys
import warnings

import atheris

with atheris.instrument_imports(include=["cardtool"]):
    from fuzz.targets import TARGETS


def main() -> None:
    warnings.simplefilter("ignore")  # old certificates and weak keys, told of a thousand times
    target = TARGETS[sys.argv[1]]
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
