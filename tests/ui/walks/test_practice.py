"""What goes wrong, by the hands of the practice panel: cards pulled, an RA that fails, a first sign-in."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from cardtool.ui.pages.failure import FailurePage
from cardtool.ui.pages.results import AppliedPage
from cardtool.words import Words
from tests.ui.walks.acts import accept_terms_if_asked, give_pin, sign_in, sign_in_and_apply, to_the_pin
from tests.ui.walks.conftest import Start
from tests.ui.walks.hands import Hands, Mouse, type_key

NEW_PASSWORD = "Walked2026"


def test_a_pulled_card_is_waited_for_and_the_flow_goes_on_by_itself(start: Start, hands: Hands) -> None:
    app = start(hands)
    to_the_pin(app)
    panel = app.panel()
    app.window.activateWindow()
    give_pin(app, "APC-3", app.person.pin)
    app.on("APC-4")
    app.until(lambda: app.act() == "create-key")
    app.in_panel(panel.remove)
    page = app.on("APC-2")
    assert page.title() == app.text("choose_card.insert")
    app.in_panel(panel.insert)
    give_pin(app, "APC-3", app.person.pin)  # a card that was out wants its PIN again
    assert isinstance(app.on("APC-6"), AppliedPage)


def test_an_ra_that_fails_is_told_in_four_things_and_trying_again_works(
    start: Start, hands: Hands, language: str
) -> None:
    app = start(hands, language)
    to_the_pin(app)
    panel = app.panel()
    app.hands.select(panel.fault, app.text("fault.wrong-key"))
    app.in_panel(panel.arm)
    give_pin(app, "APC-3", app.person.pin)
    app.until(lambda: isinstance(app.host.page, FailurePage))
    page = app.on("APC-4")
    said = [label.text() for label in page._labels.values()]
    assert page.title()
    assert all(said), said
    assert page.chip.isVisible()
    assert page.chip.code() == page.error.code
    app.go_on()
    accept_terms_if_asked(app)
    give_pin(app, "APC-3", app.person.pin)
    app.on("APC-6")


def test_a_first_sign_in_asks_for_a_password_of_ones_own(start: Start, hands: Hands) -> None:
    app = start(hands)
    app.at_home()
    person = next(known for known in app.accounts if known.state == "13")
    app.start()
    sign_in(app, person.account, person.password)
    page = app.on("SGN-2")
    app.hands.fill(page.entry.line, NEW_PASSWORD)
    app.hands.fill(page.repeated.line, NEW_PASSWORD)
    app.go_on()
    page = app.on("SGN-3")
    assert not page.result.must_change_password
    app.go_on()
    app.at_home()
    assert app.window.view.account == person.account


def test_language_and_look_change_in_the_midst_of_a_wizard(start: Start, hands: Hands) -> None:
    app = start(hands)
    app.at_home("sign_in")
    app.start()
    page = app.on("SGN-1")
    app.hands.fill(page.account_line, app.person.account)
    app.hands.fill(page.password.line, app.person.password)
    app.hands.press(app.host.bar.help)
    helped = app.on("HLP-1")
    assert "SGN-1" in helped._here.text()
    app.hands.press(helped.settings)
    settings = app.on("SET-1")
    app.hands.take(settings.language.buttons["en"])
    app.hands.take(settings.appearance.buttons["dark"])
    app.hands.take(settings.text_size.buttons["150"])
    app.go_on()
    assert app.on("SGN-1") is page, "the wizard kept its place"
    assert (page.title(), app.window.theme.appearance) == (Words("en").page("SGN-1").title, "dark")
    app.hands.fill(page.captcha_line, page.question.captcha.demo_answer)
    app.go_on()
    app.on("SGN-3")
    app.hands.press(app.host.bar.help)
    settings = app.on("HLP-1")
    type_key(Qt.Key.Key_Escape)
    app.on("SGN-3")


def test_a_window_closed_in_the_midst_ends_at_once(start: Start) -> None:
    app = start(Mouse())
    to_the_pin(app)
    app.close_now()


def test_a_window_closed_while_the_card_works_finishes_its_act_and_goes_on_next_time(start: Start) -> None:
    """The RA's fault sees to it that no computer is so slow to close the window that all was done meanwhile."""
    app = start(Mouse())
    to_the_pin(app)
    panel = app.panel()
    app.hands.select(panel.fault, app.text("fault.wrong-key"))
    app.in_panel(panel.arm)
    give_pin(app, "APC-3", app.person.pin)
    app.on("APC-4")
    app.until(lambda: app.act() == "create-key")
    app.leaving_is_meant()
    app.close_now()
    again = start(Mouse())
    again.at_home("unfinished")
    again.in_panel(again.panel().clear)
    again.at_home("unfinished")
    again.start()
    accept_terms_if_asked(again)
    page = again.on("APC-3")
    assert page.resumed.isVisible()
    give_pin(again, "APC-3", again.person.pin)
    again.on("APC-6")


@pytest.mark.parametrize("language", ["zh_TW"])
def test_a_double_click_does_what_a_click_does(start: Start, hands: Hands, language: str) -> None:
    app = start(hands, language)
    app.twice = True
    sign_in_and_apply(app)
    app.go_on()
    app.at_home("all_fine")
