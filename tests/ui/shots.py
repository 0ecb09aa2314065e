"""Pictures of every page: ``python dev.py shots [FOLDER] [--only NAME,…] [--practice]``.

Both languages; light, dark and high contrast; 100 % and 200 % of a 1366x768 screen: one contact sheet for each.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from pathlib import Path

LANGUAGES, APPEARANCES, SCALES = ("zh_TW", "en"), ("light", "dark", "contrast"), (100, 200)


def main() -> None:
    parser = argparse.ArgumentParser(prog="dev.py shots")
    parser.add_argument("folder", nargs="?", default="build/shots", type=Path)
    parser.add_argument("--only", default="", help="names of pages, as in tests/ui/gallery.py")
    parser.add_argument("--practice", action="store_true", help="with the band of practice mode")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from tests.ui.studio import Studio  # noqa: PLC0415 - the platform must be chosen first

    options.folder.mkdir(parents=True, exist_ok=True)
    studio = Studio(practice=options.practice)
    for language, appearance, scale in itertools.product(LANGUAGES, APPEARANCES, SCALES):
        studio.dress(language, appearance, scale)
        sheet = options.folder / f"{language}-{appearance}-{scale}.png"
        studio.sheet(studio.pictures(options.only.split(",") if options.only else None)).save(str(sheet))
        sys.stdout.write(f"{sheet}\n")
    studio.close()


if __name__ == "__main__":
    main()
