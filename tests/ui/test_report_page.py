"""RPT: what is seen is what is saved; what fails is told and can be tried again."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from cardtool.errors import WrongPin
from cardtool.report import read_spoken_code, spoken_code
from cardtool.ui.context import Context
from cardtool.ui.pages.failure import FailurePage
from cardtool.ui.pages.help import HelpPage
from cardtool.ui.pages.report import ReportPage, ReportSavedPage
from tests.ui import samples
from tests.ui.studio import PATIENCE, Studio


def test_saved_is_what_is_seen(context: Context, qtbot: QtBot, tmp_path: Path) -> None:
    page = ReportPage(context, samples.report())
    qtbot.addWidget(page)
    with qtbot.waitSignal(page.saved, timeout=PATIENCE) as told:
        page.write(tmp_path / "報告.txt")
        assert not page.ready()
    assert told.args == [tmp_path / "報告.txt"]
    assert (tmp_path / "報告.txt").read_text("utf-8").rstrip() == page.text.toPlainText().rstrip()
    assert page.ready()


def test_a_folder_that_takes_nothing_is_told_of(context: Context, qtbot: QtBot, tmp_path: Path) -> None:
    page = ReportPage(context, samples.report())
    qtbot.addWidget(page)
    (tmp_path / "file").touch()
    page.show()
    page.write(tmp_path / "file" / "report.txt")
    qtbot.waitUntil(page.strip.isVisible, timeout=PATIENCE)
    assert page.ready()


def test_it_follows_the_language(context: Context, qtbot: QtBot) -> None:
    page = ReportPage(context, samples.report())
    qtbot.addWidget(page)
    context.messages.switch("en")
    assert page.text.toPlainText().startswith("CardTool support report")


def test_a_failure_offers_a_report_about_itself(studio: Studio, qtbot: QtBot) -> None:
    window = studio.window
    window.explain(WrongPin, WrongPin(2))
    window.aside.settle()
    failure = window.aside.page
    assert isinstance(failure, FailurePage)
    failure.report.click()
    window.aside.settle()
    page = window.aside.page
    assert isinstance(page, ReportPage)
    facts = read_spoken_code(page.spoken.code())
    assert facts is not None
    assert (facts.page, facts.error) == ("HLP-1", "C201")
    window.aside.bar.cancel.click()
    assert window.stack.currentWidget() is window.home


def test_the_helpdesk_reads_the_code_in_the_help(context: Context, qtbot: QtBot) -> None:
    page = HelpPage(context, "HOME", None, can_practise=False)
    qtbot.addWidget(page)
    page.code_line.setText(spoken_code(samples.report().facts).lower())
    page.look_up.click()
    assert "C101" in page.meaning.label.text()
    assert "Windows" in page.meaning.label.text()


def test_after_saving_the_file_is_named(studio: Studio, qtbot: QtBot, tmp_path: Path) -> None:
    window = studio.window
    window.start("RPT")
    window.aside.settle()
    page = window.aside.page
    assert isinstance(page, ReportPage)
    with qtbot.waitSignal(page.saved, timeout=PATIENCE):
        page.write(tmp_path / "report.txt")
    window.aside.settle()
    saved = window.aside.page
    assert isinstance(saved, ReportSavedPage)
    window.aside.bar.primary.click()
    assert window.stack.currentWidget() is window.home
