"""``python -m cardtool``, ``cardtool``."""

from __future__ import annotations

import gc
import sys

from cardtool.postponed import postponed

SELDOM_USED = {"inspect": (), "tempfile": ("gettempdir",)}
"""What dataclasses and platformdirs import: a tenth of the time until there is a window."""


def main() -> int:
    if getattr(sys, "frozen", False) and sys.argv[1:] == ["evaluate-pac"]:  # cardtool/ra/pac.py starts it so
        from cardtool.ra.pac_child import main as evaluate

        return evaluate()
    gc.disable()  # imports leave no garbage
    with postponed(SELDOM_USED):
        from cardtool.app import main as run
    gc.enable()
    return run()


if __name__ == "__main__":
    sys.exit(main())
