"""A whole walk in a process of its own that imports nothing for itself: prints which modules the window loaded.

``python -m tests.ui.walks.alone``
"""

from __future__ import annotations

import json
import sys

from PySide6.QtWidgets import QApplication

from tests.ui.walks.acts import give_pin, sign_in_and_apply
from tests.ui.walks.hands import Mouse
from tests.ui.walks.running import Running


def walk(app: Running) -> None:
    """Sign in, apply, prove the key, look at the card."""
    sign_in_and_apply(app)
    app.hands.press(app.host.bar.cancel)
    give_pin(app, "SIG-2", app.person.pin)
    app.on("SIG-3")
    app.go_on()
    app.at_home("all_fine")
    app.start()
    give_pin(app, "CRD-2", app.person.pin)
    app.on("CRD-3")


if __name__ == "__main__":
    running = Running(QApplication([]), Mouse(), "en", "--practice")
    try:
        walk(running)
        sys.stdout.write(json.dumps(sorted(sys.modules)) + "\n")
    finally:
        running.close()
