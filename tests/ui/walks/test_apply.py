"""The main job in the real application, from the first look to signing out."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from PySide6.QtWidgets import QFileDialog

from tests.ui.walks.acts import accept_terms, give_pin, sign_in_at_home
from tests.ui.walks.conftest import Start
from tests.ui.walks.hands import Hands
from tests.ui.walks.running import Running

WRONG_PIN = "999999"


def test_the_whole_walk(
    start: Start, hands: Hands, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = start(hands, language)
    sign_in_at_home(app, app.person.account, app.person.password)
    apply(app)
    prove_key(app)
    app.at_home("all_fine")
    save_certificate(app, tmp_path / "mine.cer", monkeypatch)
    sign_out(app)


def apply(app: Running) -> None:
    app.start()
    accept_terms(app)
    give_pin(app, "APC-3", WRONG_PIN)
    app.until(lambda: bool(app.window.host.page.question.error))
    page = app.on("APC-3")
    assert (page.tries._left, page.pin.peek_length()) == (2, 0)
    assert page.pin.line.hasFocus()
    give_pin(app, "APC-3", app.person.pin)
    page = app.on("APC-6")
    assert page.result.slot == "9A"


def prove_key(app: Running) -> None:
    app.hands.press(app.window.host.bar.cancel)
    give_pin(app, "SIG-2", app.person.pin)
    page = app.on("SIG-3")
    assert page.result.seconds > 0
    app.go_on()


def save_certificate(app: Running, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app.start()
    give_pin(app, "CRD-2", app.person.pin)
    page = app.on("CRD-3")
    # The system's own dialogue is not ours to click in; what it answers is.
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(path), _args[-1].split(";;")[0]))
    app.hands.press(page.views[0].save)
    saved = x509.load_der_x509_certificate(path.read_bytes())
    assert saved == x509.load_der_x509_certificate(page.views[0]._held.certificate.der)
    app.go_on()
    app.at_home()


def sign_out(app: Running) -> None:
    app.hands.press(app.window.home.header.account)
    app.on("OUT-1")
    app.go_on()
    app.until(lambda: not app.window.conductor.is_running())
    app.on("OUT-1")
    app.go_on()
    app.at_home("all_fine")
    assert not app.window.view.account
