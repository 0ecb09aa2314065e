"""What a person does on each page, in the words of the walk."""

from __future__ import annotations

from typing import Any

from tests.ui.walks.running import Running


def sign_in(app: Running, account: str, password: str) -> None:
    page = app.on("SGN-1")
    app.hands.fill(page.account_line, account)
    app.hands.fill(page.password.line, password)
    app.hands.fill(page.captcha_line, seen_in(page))
    app.go_on()


def sign_in_at_home(
    app: Running, account: str, password: str, *, before: str = "sign_in", after: str = "apply"
) -> None:
    """By the one filled button of the home screen, and back there. ``before``, ``after``: its states."""
    app.at_home(before)
    app.start()
    sign_in(app, account, password)
    app.on("SGN-3")
    app.go_on()
    app.at_home(after)


def seen_in(page: Any) -> str:
    """What a person reads in the captcha's picture: the practice RA says it too."""
    return str(page.question.captcha.demo_answer)


def accept_terms(app: Running) -> None:
    page = app.on("APC-1")
    app.hands.read(page.terms)
    app.until(page.accept.isEnabled)
    app.hands.press(page.accept)
    app.go_on()


def accept_terms_if_asked(app: Running) -> None:
    app.until(lambda: app.code() in ("APC-1", "APC-3") and not app.host.is_busy())
    if app.code() == "APC-1":
        accept_terms(app)


def to_the_pin(app: Running) -> None:
    """From the first look to APC-3, signing in on the way."""
    app.at_home("sign_in")
    app.hands.press(app.window.home.groups[0].buttons["APC"])
    sign_in(app, app.person.account, app.person.password)
    accept_terms(app)
    app.on("APC-3")


def sign_in_and_apply(app: Running) -> None:
    """The main job of who practises, from the first look to APC-6."""
    sign_in_at_home(app, app.person.account, app.person.password)
    app.start()
    accept_terms(app)
    give_pin(app, "APC-3", app.person.pin)
    app.on("APC-6")


def give_pin(app: Running, code: str, pin: str) -> None:
    page = app.on(code)
    app.hands.fill(page.pin.line, pin)
    app.go_on()
