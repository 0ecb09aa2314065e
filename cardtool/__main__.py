"""``python -m cardtool``, ``cardtool``."""

from __future__ import annotations

import sys


def main() -> int:
    from cardtool.app import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
