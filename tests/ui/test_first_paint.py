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
    "cardtool.flows",
    "cardtool.cards",
    "cardtool.ra",
)

SCRIPT = """
import json, sys
from PySide6.QtWidgets import QApplication
from cardtool.config import Settings
from cardtool.ui.run import make_window
from cardtool.ui.services import Services
from cardtool.words import Words

app = QApplication([])
loaded = []
def look():
    from cardtool.errors import Cancelled
    raise Cancelled
services = Services(Words, Settings(), print, look)
window = make_window(app, services, language="zh_TW", practice=False)
window.first_paint.disconnect()
window.first_paint.connect(lambda: (loaded.extend(sys.modules), app.quit()))
window.show()
app.exec()
window.close()
print(json.dumps(sorted(loaded)))
"""


def test_nothing_heavy_before_the_first_paint() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env={"QT_QPA_PLATFORM": "offscreen", "PATH": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert "cardtool.ui.home" in loaded
    heavy = [name for name in loaded if any(name == part or name.startswith(part + ".") for part in HEAVY)]
    assert not heavy
