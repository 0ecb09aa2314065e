"""Whole wizards by mouse and by keyboard, over make-believe flows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cardtool.errors import Cancelled, CardRemoved, LastTry, WrongPin
from cardtool.flows.ports import Back, PinOnReader
from cardtool.ui.dialogs import LeaveDialog
from cardtool.ui.flow_run import Start
from cardtool.ui.home_view import HomeView
from tests.ui import samples
from tests.ui.walk import Recorded, Walk

Open = Callable[..., Walk]


@pytest.fixture
def open_walk(qapp: QApplication) -> Iterator[Open]:
    opened: list[Walk] = []

    def make(language: str = "zh_TW", **wizards: Start) -> Walk:
        opened.append(Walk(qapp, wizards, language))
        return opened[-1]

    yield make
    for walk in opened:
        walk.close()


def apply_flow() -> Recorded:
    questions = (
        samples.ask_sign_in(),
        samples.ask_new_password(),
        samples.accept_terms(),
        samples.choose_card(),
        samples.ask_pin(),
    )
    return Recorded(*questions, result=samples.applied(), acts=True)


def read_to_the_end(walk: Walk) -> None:
    text = walk.window.host.page.terms.text
    text.setFocus()
    walk.press(Qt.Key.Key_End)
    for _ in range(30):
        walk.press(Qt.Key.Key_PageDown)


@pytest.mark.parametrize("language", ["zh_TW", "en"])
def test_apply_by_mouse(open_walk: Open, language: str) -> None:
    flow = apply_flow()
    walk = open_walk(language, APC=flow)
    walk.click(walk.window.home.groups[0].buttons["APC"])
    page = walk.on("SGN-1")
    walk.click(page.account_line)
    walk.type("demo-fresh")
    walk.click(page.password.line)
    walk.type("letter-1234")
    walk.click(page.captcha_line)
    walk.type("48213")
    walk.primary()
    page = walk.on("SGN-2")
    walk.click(page.entry.line)
    walk.type("mypass2026")
    walk.click(page.repeated.line)
    walk.type("mypass2026")
    walk.primary()
    page = walk.on("APC-1")
    read_to_the_end(walk)
    walk.until(page.accept.isEnabled)
    walk.click(page.accept)
    walk.primary()
    page = walk.on("APC-2")
    walk.click(page.choices.cards[1])
    walk.primary()
    page = walk.on("APC-3")
    walk.click(page.pin.line)
    walk.type("123456")
    walk.primary()
    walk.on("APC-6")
    walk.primary()
    walk.until(lambda: walk.code() == "HOME")
    signed, password, accepted, reader, pin = flow.answers
    assert (signed.account, signed.password.text(), signed.captcha) == ("demo-fresh", "letter-1234", "48213")
    assert (password.text(), accepted, pin.pin.text()) == ("mypass2026", True, "123456")
    assert reader == "Generic USB Smart Card Reader 01"
    assert flow.thread is not None
    assert flow.thread.name == "cards"


def test_apply_by_keyboard_alone(open_walk: Open) -> None:
    flow = apply_flow()
    walk = open_walk(APC=flow)
    apply_button = walk.window.home.groups[0].buttons["APC"]
    for _ in range(30):
        if QApplication.focusWidget() is apply_button:
            break
        walk.press(Qt.Key.Key_Tab)
    walk.press(Qt.Key.Key_Space)
    walk.on("SGN-1")
    walk.type("demo-fresh")
    walk.press(Qt.Key.Key_Tab)
    walk.type("letter-1234")
    for _ in range(4):
        walk.press(Qt.Key.Key_Tab)
    walk.type("48213")
    walk.press(Qt.Key.Key_Return)
    walk.on("SGN-2")
    walk.type("mypass2026")
    walk.press(Qt.Key.Key_Tab)
    walk.press(Qt.Key.Key_Tab)
    walk.type("mypass2026")
    walk.press(Qt.Key.Key_Return)
    page = walk.on("APC-1")
    read_to_the_end(walk)
    walk.until(page.accept.isEnabled)
    walk.press(Qt.Key.Key_Tab)
    walk.press(Qt.Key.Key_Tab)
    walk.press(Qt.Key.Key_Space)
    walk.press(Qt.Key.Key_Return)
    walk.on("APC-2")
    walk.press(Qt.Key.Key_Return)
    walk.on("APC-3")
    walk.type("123456")
    walk.press(Qt.Key.Key_Return)
    walk.on("APC-6")
    walk.press(Qt.Key.Key_Return)
    walk.until(lambda: walk.code() == "HOME")
    assert flow.answers[0].account == "demo-fresh"
    assert flow.answers[3] == samples.READER


def test_a_wrong_pin_clears_only_that_field_and_takes_the_focus(open_walk: Open) -> None:
    flow = Recorded(samples.ask_pin(), samples.ask_pin(tries=2, error=WrongPin(2)), result=samples.applied())
    walk = open_walk(APC=flow)
    walk.click(walk.window.home.groups[0].buttons["APC"])
    page = walk.on("APC-3")
    walk.type("111111")
    walk.primary()
    walk.until(lambda: page.question.error is not None)
    walk.until(lambda: QApplication.focusWidget() is page.pin.line)
    assert page.pin.peek_length() == 0
    assert "2" in page.strip.accessibleName()
    assert "2" in page.tries.accessibleName()


def test_the_last_try_is_confirmed_first(open_walk: Open) -> None:
    flow = Recorded(samples.ask_pin(tries=1, error=LastTry()), result=samples.applied())
    walk = open_walk(APC=flow)
    walk.click(walk.window.home.groups[0].buttons["APC"])
    page = walk.on("APC-3")
    walk.type("123456")
    assert not walk.window.host.bar.primary.isEnabled()
    walk.click(page.confirm)
    walk.primary()
    walk.on("APC-6")
    assert flow.answers[0].last_try


def test_a_pin_of_wrong_length_is_not_sent(open_walk: Open) -> None:
    walk = open_walk(APC=Recorded(samples.ask_pin()))
    walk.click(walk.window.home.groups[0].buttons["APC"])
    walk.on("APC-3")
    walk.type("12345")
    assert not walk.window.host.bar.primary.isEnabled()
    walk.press(Qt.Key.Key_Return)
    assert walk.code() == "APC-3"


def test_insert_card_goes_on_by_itself(open_walk: Open) -> None:
    flow = Recorded(samples.insert_card(), samples.ask_pin(), result=samples.applied())
    walk = open_walk(APC=flow)
    walk.click(walk.window.home.groups[0].buttons["APC"])
    walk.on("APC-2")
    walk.cards_changed()
    walk.on("APC-3")
    assert flow.answers == [None]


def test_a_card_that_comes_while_the_flow_works_is_not_missed(open_walk: Open) -> None:
    """It came after the flow had looked and before its question was seen."""
    questions = [samples.insert_card(), samples.ask_pin()]

    def flow(prompts: Any, _progress: Any, _cancel: Any) -> object:
        walk.window._crossing.cards_changed.emit()
        for question in questions:
            prompts.ask(question)
        return samples.applied()

    walk = open_walk(APC=flow)
    walk.click(walk.window.home.groups[0].buttons["APC"])
    walk.on("APC-3")


def test_back_reaches_the_flow(open_walk: Open) -> None:
    flow = Recorded(samples.accept_terms(), samples.ask_pin())
    walk = open_walk(APC=flow)
    walk.click(walk.window.home.groups[0].buttons["APC"])
    page = walk.on("APC-1")
    read_to_the_end(walk)
    walk.until(page.accept.isEnabled)
    walk.click(page.accept)
    walk.primary()
    walk.on("APC-3")
    walk.click(walk.window.host.bar.back)
    walk.until(lambda: flow.error is not None)
    assert isinstance(flow.error, Back)


def test_escape_asks_before_it_throws_work_away(open_walk: Open) -> None:
    flow = Recorded(samples.ask_pin())
    walk = open_walk(APC=flow)
    walk.click(walk.window.home.groups[0].buttons["APC"])
    page = walk.on("APC-3")
    walk.type("1234")
    asked: list[bool] = []

    def answer(stay: bool) -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, LeaveDialog)
        asked.append(stay)
        walk.click(dialog.stay if stay else dialog.go)

    QTimer.singleShot(50, lambda: answer(True))
    walk.press(Qt.Key.Key_Escape)
    assert walk.code() == "APC-3"
    assert page.pin.peek_length() == 4
    walk.until(lambda: QApplication.focusWidget() is page.pin.line)
    QTimer.singleShot(50, lambda: answer(False))
    walk.press(Qt.Key.Key_Escape)
    walk.until(lambda: flow.error is not None)
    assert isinstance(flow.error, Cancelled)
    assert asked == [True, False]
    walk.until(lambda: walk.code() == "HOME")


def test_esc_leaves_a_page_also_from_the_band_above_it(open_walk: Open) -> None:
    walk = open_walk(APC=Recorded(samples.ask_pin()))
    walk.click(walk.window.home.groups[0].buttons["APC"])
    walk.on("APC-3")
    walk.window.start("SET")
    walk.on("SET-1")
    QTest.keyClick(walk.window, Qt.Key.Key_Escape)  # what the band does not take comes to the window
    walk.on("APC-3")
    QTest.keyClick(walk.window, Qt.Key.Key_Escape)
    walk.until(lambda: walk.code() == "HOME")
    QTest.keyClick(walk.window, Qt.Key.Key_Escape)
    assert walk.code() == "HOME"


def test_a_failure_says_four_things_and_can_be_tried_again(open_walk: Open) -> None:
    flow = Recorded(samples.ask_pin(), result=CardRemoved())
    walk = open_walk("en", APC=flow)
    walk.click(walk.window.home.groups[0].buttons["APC"])
    walk.on("APC-3")
    walk.type("123456")
    walk.primary()
    walk.until(lambda: type(walk.window.host.page).__name__ == "FailurePage")
    page, words = walk.window.host.page, walk.window.messages.error(CardRemoved())
    assert page.title() == words.title
    assert page._labels["safety"].text() == words.safety
    assert page._labels["advice"].text() == words.advice
    assert page.chip.code() == "C101"
    walk.primary()
    walk.on("APC-3")
    assert len(flow.answers) == 1


def test_a_defect_is_told_as_one(open_walk: Open) -> None:
    def broken(*_ports: object) -> object:
        raise ValueError("123456")

    walk = open_walk("en", APC=broken)
    walk.click(walk.window.home.groups[0].buttons["APC"])
    walk.until(lambda: type(walk.window.host.page).__name__ == "FailurePage")
    page = walk.window.host.page
    assert page.chip.code() == "L901"
    assert "123456" not in page.title()


def test_closing_the_window_ends_a_waiting_flow(open_walk: Open) -> None:
    flow = Recorded(samples.ask_pin())
    walk = open_walk(APC=flow)
    walk.click(walk.window.home.groups[0].buttons["APC"])
    walk.on("APC-3")
    walk.window.close()
    assert walk.window.thread_.join(30)
    assert isinstance(flow.error, Cancelled)


def test_language_changes_under_the_hand_and_keeps_what_was_typed(open_walk: Open) -> None:
    walk = open_walk(APC=Recorded(samples.ask_pin()))
    walk.click(walk.window.home.groups[0].buttons["APC"])
    page = walk.on("APC-3")
    walk.type("1234")
    before = page.title()
    walk.window.messages.switch("en")
    assert page.title() != before
    assert walk.window.host.bar.cancel.text() == "Cancel"
    assert page.pin.peek_length() == 4


def test_not_built_says_so(open_walk: Open) -> None:
    walk = open_walk()
    walk.click(walk.window.home.groups[1].buttons["PIN"])
    walk.on("NYB-1")
    walk.primary()
    walk.until(lambda: walk.code() == "HOME")


def test_settings_take_effect_and_are_saved(open_walk: Open) -> None:
    walk = open_walk()
    walk.click(walk.window.home.header.settings)
    page = walk.on("SET-1")
    walk.click(page.appearance.buttons["dark"])
    walk.click(page.text_size.buttons["130"])
    walk.click(page.language.buttons["en"])
    walk.until(lambda: walk.window.theme.palette.dark)
    walk.host._scroll.ensureWidgetVisible(page.address)
    walk.click(page.address)
    walk.type("http://plain.example")
    walk.primary()
    assert walk.code() == "SET-1"
    assert page.strip.isVisible()
    page.address.selectAll()
    walk.type("https://ra.example/")
    walk.primary()
    walk.until(lambda: walk.code() == "HOME")
    saved = walk.saved[-1]
    assert (saved.language, saved.theme, saved.text_size, saved.ra_url) == (
        "en",
        "dark",
        130,
        "https://ra.example",
    )


def test_help_explains_a_code(open_walk: Open) -> None:
    walk = open_walk("en")
    walk.click(walk.window.home.header.help)
    page = walk.on("HLP-1")
    walk.type("c201")
    walk.press(Qt.Key.Key_Return)
    assert "C201" in page.meaning.accessibleName()
    assert walk.code() == "HLP-1"


def test_the_pin_is_typed_on_a_reader_with_a_keypad(open_walk: Open) -> None:
    """Announced while the reader waits; this computer's field is not even shown."""
    flow = PadFlow(samples.ask_pin("CRD-2", pad=True), result=samples.card())
    walk = open_walk("en", CRD=flow)
    walk.click(walk.window.home.groups[1].buttons["CRD"])
    page = walk.on("CRD-2")
    assert not page.pin.line.isVisible()
    assert page.tries.isVisible()
    walk.primary()
    walk.until(lambda: "PIN 2 of 2" in page.strip.accessibleName())
    assert not page.on_reader.isVisible()
    walk.window.apply_look(replace(walk.window.settings, language="zh_TW"))
    assert "第 2 次，共 2 次" in page.strip.accessibleName()
    assert not page.on_reader.isVisible()
    flow.typed.set()
    walk.on("CRD-3")
    assert flow.answers[0].pin is None


def test_a_keypad_that_does_not_work_is_no_dead_end(open_walk: Open) -> None:
    flow = Recorded(samples.ask_pin("CRD-2", pad=True), result=samples.card())
    walk = open_walk("en", CRD=flow)
    walk.click(walk.window.home.groups[1].buttons["CRD"])
    page = walk.on("CRD-2")
    walk.click(page.here)
    walk.click(page.pin.line)
    walk.type("123456")
    walk.primary()
    walk.on("CRD-3")
    assert flow.answers[0].pin.text() == "123456"


class PadFlow(Recorded):
    """After the answer the reader waits until ``typed`` is set."""

    def __init__(self, *questions: object, result: object) -> None:
        super().__init__(*questions, result=result, acts=True)
        self.typed = threading.Event()

    def _work(self, progress: Any, _cancel: Any) -> None:
        progress.pin_on_reader(PinOnReader(2, 2))
        assert self.typed.wait(60)
        progress.pin_on_reader(None)


def test_a_card_that_came_is_on_the_screen_before_it_was_read(open_walk: Open) -> None:
    walk = open_walk("en")
    read = threading.Event()

    def slowly() -> HomeView:
        assert read.wait(60)
        return samples.view()

    walk.look, walk.at_once = slowly, replace(samples.view(with_card=False), reading=True)
    walk.cards_changed()
    walk.until(lambda: "Reading the card" in walk.window.home.card.accessibleName())
    read.set()
    walk.until(lambda: "Reading" not in walk.window.home.card.accessibleName())
