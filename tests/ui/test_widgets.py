"""Small parts: tries, acts, terms, steps, the picture of the card, the checker of clipped words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from cardtool.ui.context import Context
from cardtool.ui.home_view import Validity
from cardtool.ui.widgets.acts import ActList, expected_share
from cardtool.ui.widgets.base import Label
from cardtool.ui.widgets.buttons import PRIMARY, Button
from cardtool.ui.widgets.card_picture import CardPicture, share
from cardtool.ui.widgets.facts import breakable
from cardtool.ui.widgets.terms import TermsView
from cardtool.ui.widgets.tries import Tries
from tests.ui import samples
from tests.ui.clipping import faults
from tests.ui.studio import PATIENCE


@pytest.mark.parametrize(
    ("left", "words"), [(3, "3 tries left"), (1, "1 try left"), (0, "Locked, no tries left")]
)
def test_tries_are_told_in_words(context: Context, left: int, words: str) -> None:
    context.messages.switch("en")
    tries = Tries(context)
    tries.set_tries(left, 3)
    assert tries.accessibleName() == words


def test_unknown_tries_are_not_made_up(context: Context) -> None:
    context.messages.switch("en")
    tries = Tries(context)
    tries.set_tries(None)
    assert "does not say" in tries.accessibleName()


def test_the_card_is_told_in_words(context: Context) -> None:
    context.messages.switch("en")
    picture = CardPicture(context)
    picture.show_face(samples.face(), samples.NOW)
    for part in ("範例用戶", "4F21 9C07", "2024-12-14", "2026-12-14"):
        assert part in picture.accessibleName()
    picture.show_face(None, None)
    assert picture.accessibleName() == "No card"


def test_share_of_a_validity() -> None:
    life = Validity(samples.NOW, samples.NOW + timedelta(days=100))
    assert share(life, samples.NOW + timedelta(days=25)) == pytest.approx(0.25)
    assert share(life, samples.NOW - timedelta(days=1)) == 0.0
    assert share(life, samples.NOW + timedelta(days=101)) == 1.0


def test_progress_never_claims_to_be_done() -> None:
    shares = [expected_share(seconds, 20.0) for seconds in (0.0, 5.0, 20.0, 200.0)]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] <= 1.0
    assert expected_share(20.0, 20.0) < 0.9


def test_acts_go_through_their_states(context: Context) -> None:
    context.messages.switch("en")
    acts = ActList(context)
    acts.plan(samples.ACTS)
    first = acts.rows["authorise-card"]
    assert "Waiting" in first.accessibleName()
    acts.start(samples.ACTS[0])
    assert "Working" in first.accessibleName()
    acts.finish(samples.ACTS[0], skipped=True)
    assert "Was done" in first.accessibleName()
    acts.start(samples.ACTS[1])
    acts.fail()
    assert "Stopped" in acts.rows["create-key"].accessibleName()
    assert not acts._timer.isActive()


def test_terms_are_read_when_the_end_was_seen(context: Context, qtbot: QtBot) -> None:
    view = TermsView(context)
    qtbot.addWidget(view)
    view.resize(600, 300)
    view.show_terms("1", samples.TERMS_TEXT)
    view.show()
    bar = view.text.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0, timeout=PATIENCE)
    assert not view.was_read
    bar.setValue(bar.maximum())
    assert view.was_read


def test_short_terms_need_no_scrolling(context: Context, qtbot: QtBot) -> None:
    view = TermsView(context)
    qtbot.addWidget(view)
    view.show_terms("1", "One line.")
    with qtbot.waitSignal(view.read, timeout=PATIENCE):
        view.show()


def test_terms_load_nothing(context: Context) -> None:
    view = TermsView(context)
    view.show_terms("1", "![x](https://example.com/x.png) [link](https://example.com)")
    assert view.text.loadResource(2, "https://example.com/x.png") is None
    assert not view.text.openLinks()


def test_long_names_can_be_broken() -> None:
    assert "\u200b" in breakable("CN=somebody,O=an organisation,OU=" + "x" * 30)
    assert breakable("4F21 9C07") == "4F21 9C07"


def test_the_checker_of_clipped_words_can_fail(context: Context, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    label, button = Label(context), Button(context, PRIMARY)
    for part in (label, button):
        part.setParent(window)
    label.setText("憑證 " * 40)
    label.setGeometry(0, 0, 100, 20)
    button.setText("Create key and apply")
    button.setGeometry(10, 5, 60, 30)
    window.show()
    found = " / ".join(faults(window))
    assert "label clipped" in found
    assert "button clipped" in found
    assert "lies over" in found


def test_a_button_answers_to_space(context: Context, qtbot: QtBot) -> None:
    button = Button(context, PRIMARY)
    qtbot.addWidget(button)
    button.show()
    button.setFocus()
    with qtbot.waitSignal(button.clicked, timeout=PATIENCE):
        QTest.keyClick(button, Qt.Key.Key_Space)
