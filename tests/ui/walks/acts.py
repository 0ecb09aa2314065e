"""What a person does on each page, in the words of the walk."""

from __future__ import annotations

from tests.ui.walks.running import Running


def sign_in(app: Running, account: str, password: str) -> None:
    page = app.on("SGN-1")
    app.hands.fill(page.account_line, account)
    app.hands.fill(page.password.line, password)
    app.hands.fill(page.captcha_line, seen_in(page))
    app.go_on()


def seen_in(page: object) -> str:
    """What a person reads in the captcha's picture: the practice RA says it too."""
    captcha = page.question.captcha  # type: ignore[attr-defined]
    return str(captcha.demo_answer)


def accept_terms(app: Running) -> None:
    page = app.on("APC-1")
    app.hands.read(page.terms)
    app.until(page.accept.isEnabled)
    app.hands.press(page.accept)
    app.go_on()


def give_pin(app: Running, code: str, pin: str) -> None:
    page = app.on(code)
    app.hands.fill(page.pin.line, pin)
    app.go_on()
