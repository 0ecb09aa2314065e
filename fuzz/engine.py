"""One target under atheris (libFuzzer), in a process of its own: ``python -m fuzz.engine TARGET [OPTION ...]``."""

from __future__ import annotations

import sys
import warnings

import atheris

with atheris.instrument_imports(include=["cardtool"]):
    from fuzz.targets import TARGETS


def main() -> None:
    warnings.simplefilter("ignore")  # old certificates and weak keys, told of a thousand times
    name, *options = sys.argv[1:]
    # libFuzzer starts itself anew, by the shell, when it merges.
    again = f"{sys.executable} -m fuzz.engine {name}"
    atheris.Setup([again, *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
