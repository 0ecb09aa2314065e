"""``python -m cardtool``, ``cardtool``."""

from __future__ import annotations

import sys


def main() -> int:
    if getattr(sys, "frozen", False):  # a worker process of the frozen program is this program again
        from multiprocessing import freeze_support

        freeze_support()
        if sys.argv[1:] == ["evaluate-pac"]:  # cardtool/ra/pac.py starts it so
            from cardtool.ra.pac_child import main as evaluate

            return evaluate()
    from cardtool.app import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
