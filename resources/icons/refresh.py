"""Fetches the icons named in icons.txt from the npm package @tabler/icons: ``python3 resources/icons/refresh.py``."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@tabler/icons@3.51.0"
HERE = Path(__file__).parent


def main() -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is needed to refresh the icons")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([npm, "pack", PACKAGE, "--silent"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            archive.extractall(folder, filter="data")
        _take(Path(folder) / "package")


def _take(package: Path) -> None:
    for line in (HERE / "icons.txt").read_text(encoding="utf-8").split():
        shutil.copyfile(package / "icons" / "outline" / f"{line}.svg", HERE / f"{line}.svg")
    shutil.copyfile(package / "LICENSE", HERE / "LICENSE.txt")


if __name__ == "__main__":
    main()
