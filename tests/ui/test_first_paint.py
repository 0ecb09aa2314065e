"""Heavy libraries are imported after the first paint, never before it (design: start-up)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = (
    "smartcard",
    "cryptography",
    "requests",
    "keyring",
    "filelock",
    "subprocess",
    "importlib.resources",
    "cardtool.ui.home",
    "logging.handlers",
    "PySide6.QtSvg",
    "shibokensupport.signature.loader",
    "zipfile",
    "cardtool.flows",
    "cardtool.cards",
    "cardtool.pcsc",
    "cardtool.ra",
    "cardtool.practice",
)

SCRIPT = """
import json, sys
from pathlib import Path
import cardtool.app
from cardtool.cli.options import parse_window
from cardtool.ui.lean import import_pyside
import_pyside()
from PySide6 import QtCore, QtWidgets
from PySide6.QtWidgets import QApplication
from cardtool.config import Settings
from cardtool.desktop.services import FrontOfHouse
from cardtool.desktop.settings import SettingsBook
from cardtool.ui.run import make_window

app = QApplication([])
loaded = []
assert parse_window(["--practice"])
services = FrontOfHouse(["none"], SettingsBook(Settings(), Path()), Path(), None).services()
window = make_window(app, services, language="zh_TW", practice=True)
window.first_paint.disconnect()
window.first_paint.connect(
    lambda: (loaded.extend([*sys.modules, *vars(QtCore), *vars(QtWidgets)]), app.quit())
)
window.show()
app.exec()
window.close()
print(json.dumps(sorted(loaded)))
"""


def test_nothing_heavy_before_the_first_paint(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env={"QT_QPA_PLATFORM": "offscreen", "PATH": "", "PYTHONPATH": str(ROOT)}
        | {"CARDTOOL_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert "cardtool.ui.first_frame" in loaded
    assert "Qt" not in loaded, "PySide made its hundred enumerations: see cardtool/ui/theme.py"
    assert "QStyle" not in loaded, "PySide made its 566 enumerators: see STYLE in cardtool/ui/run.py"
    heavy = [name for name in loaded if any(name == part or name.startswith(part + ".") for part in HEAVY)]
    assert not heavy
