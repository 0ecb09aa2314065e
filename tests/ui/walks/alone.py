"""A whole walk in a process of its own that imports nothing for itself: prints which modules the window loaded.

``python -m tests.ui.walks.alone``
"""

from __future__ import annotations

import json
import sys

from PySide6.QtWidgets import QApplication

from tests.ui.walks.acts import accept_terms, give_pin, sign_in
from tests.ui.walks.hands import Mouse
from tests.ui.walks.running import Running


def walk(app: Running) -> None:
    """Sign in, apply, prove the key, look at the card."""
    app.at_home("sign_in")
    app.start()
    sign_in(app, app.person.account, app.person.password)
    app.on("SGN-3")
    app.go_on()
    app.at_home("apply")
    app.start()
    accept_terms(app)
    give_pin(app, "APC-3", app.person.pin)
    app.on("APC-6")
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
