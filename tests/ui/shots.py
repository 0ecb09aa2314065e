"""Pictures of every page: ``python -m tests.ui.shots [FOLDER] [--only NAME,…] [--sheets]``.

Both languages, light and dark, 100 % and 200 % of a 1366x768 screen; one contact sheet for each combination.
"""

from __future__ import annotations

import argparse
import itertools
import os
from pathlib import Path

SCREEN = (1366, 768)
LANGUAGES, APPEARANCES, SCALES = ("zh_TW", "en"), ("light", "dark"), (100, 200)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", default="shots")
    parser.add_argument("--only", default="")
    parser.add_argument("--practice", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from tests.ui.studio import Studio  # noqa: PLC0415 - the platform must be chosen first

    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    studio = Studio(practice=options.practice)
    for language, appearance, scale in itertools.product(LANGUAGES, APPEARANCES, SCALES):
        studio.dress(language, appearance, scale)
        name = f"{language}-{appearance}-{scale}"
        pictures = studio.pictures(options.only.split(",") if options.only else None)
        studio.sheet(pictures).save(str(folder / f"{name}.png"))
    studio.close()


if __name__ == "__main__":
    main()
