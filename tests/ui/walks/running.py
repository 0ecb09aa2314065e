"""CardTool as ``cardtool.app`` starts it, in this process: real wiring, real RA, real flows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVar

from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from cardtool.app import BACKSTAGE, own_command
from cardtool.config import Paths, load_settings
from cardtool.desktop.services import FrontOfHouse
from cardtool.desktop.settings import SettingsBook
from cardtool.ui.dialogs import LeaveDialog
from cardtool.ui.pages.working import WorkingPage
from cardtool.ui.practice_panel import PracticePanel
from cardtool.ui.run import make_window, resume_collection
from cardtool.ui.widgets.banner import PracticeBanner
from cardtool.ui.wizard import WizardHost
from tests.ui.walks.gaps import Gap, Gaps
from tests.ui.walks.hands import Hands

Done = TypeVar("Done")

PATIENCE = 60.0
LEAVES_IN = 20.0
GONE_IN = 1.0


@dataclass(frozen=True)
class Person:
    """``state``: the row of spec 2.5."""

    account: str
    password: str = field(repr=False)
    pin: str = field(repr=False)
    state: str = ""


class Running:
    """``window`` is real; ``person`` may apply. ``hands`` is how this walk reaches widgets."""

    def __init__(self, app: QApplication, hands: Hands, language: str, *arguments: str) -> None:
        self.hands, self.language = hands, language
        self.twice = self.is_closed = False
        self.practice_starts = 0
        self._open = ExitStack()
        typed = [*arguments, "--lang", language]
        self.practice = "--practice" in arguments
        self.paths = Paths.of_user(practice=self.practice)
        self.paths.make()
        self.front = FrontOfHouse(
            own_command(BACKSTAGE, *typed),
            SettingsBook(load_settings(self.paths.config).settings, self.paths.config),
            self.paths.log,
            None if self.practice else self._practice_started,
        )
        self._open.callback(self.front.close)
        self.window = make_window(app, self.front.services(), language=language, practice=self.practice)
        self.window.first_paint.connect(resume_collection)
        self.gaps = Gaps(self.code)
        self.window.show()
        self.window.activateWindow()
        self.until(lambda: self.window.view is not None)

    def _practice_started(self) -> None:
        self.practice_starts += 1

    @property
    def accounts(self) -> tuple[Person, ...]:
        """Everyone of the practice world, as its own table tells."""
        table = json.loads((self.paths.data / "world" / "demo.json").read_text("utf-8"))
        return tuple(
            Person(row["account"], row["password"], row.get("pin", ""), str(row["state"]))
            for row in table["accounts"]
        )

    @property
    def person(self) -> Person:
        """Who practises."""
        name = (self.paths.data / "world" / "person").read_text("utf-8")
        return next(known for known in self.accounts if known.account == name)

    # --- what is seen ------------------------------------------------------------------------

    def code(self) -> str:
        """The screen code that stands at the bottom left; none while home is not made yet, and asking makes it."""
        window = self.window
        if window.stack.currentWidget() is None:
            return ""
        shown = window.home.foot if window.stack.currentWidget() is window.home else self.host.bar
        return shown.code.code()

    @property
    def host(self) -> WizardHost:
        """What is in front: a wizard, or a page that stands for itself."""
        window = self.window
        return window.aside if window.stack.currentWidget() is window.aside else window.host

    def meanwhile(self, act: Callable[[], Done]) -> Done:
        """What ``act`` returns; the window lives on meanwhile."""
        with ThreadPoolExecutor(1) as hand:
            done = hand.submit(act)
            self.until(done.done)
            return done.result()

    def until(self, reached: Callable[[], bool], seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < deadline, f"not reached; on {self.where()}"
            QTest.qWait(5)

    def where(self) -> str:
        page = self.host.page
        said = self.row() if page is None else f"{page.title()} {page.strip.accessibleName()}"
        return f"{self.code()}: {said}"

    def on(self, *codes: str) -> Any:
        """Wait for a page of one of those codes, ready for input, and return it."""
        self.until(lambda: self.code() in codes and not self.host.is_busy())
        QTest.qWait(20)
        return self.host.page

    def at_home(self, row: str = "") -> None:
        """Wait for the home screen; with ``row``, for the state of that name."""
        window = self.window
        self.until(lambda: self.code() == "HOME" and window.home.isEnabled() and not window._looking)
        self.until(lambda: row in ("", self.row()))
        QTest.qWait(20)

    def row(self) -> str:
        shown = self.window.home.next_step._row
        return shown.name if shown else ""

    def act(self) -> str:
        """The act that the working page shows as running."""
        rows = self.host.page.acts.rows if isinstance(self.host.page, WorkingPage) else {}
        return next((name for name, shown in rows.items() if shown.state == "running"), "")

    def text(self, key: str) -> str:
        return self.window.messages.text(key)

    # --- what is done ------------------------------------------------------------------------

    @property
    def primary(self) -> QPushButton:
        return self.host.bar.primary

    def go_on(self) -> None:
        self.until(self.primary.isEnabled)
        self._press(self.primary)

    def start(self) -> None:
        """The one filled button of the home screen."""
        self._press(self.window.home.next_step.primary)

    def _press(self, button: QPushButton) -> None:
        (self.hands.press_twice if self.twice else self.hands.press)(button)

    def panel(self) -> PracticePanel:
        """The practice panel, opened from the band at the top."""
        self.hands.press(self.window.findChild(PracticeBanner).panel)
        panel = self.window._panel
        assert panel is not None
        self.until(panel.insert.isEnabled)
        panel.activateWindow()
        return panel

    def in_panel(self, button: QPushButton) -> None:
        """Press it and wait until the practice world has changed; then the main window is in front again."""
        button.window().activateWindow()
        QTest.qWait(20)
        self.hands.press(button)
        self.until(button.isEnabled)
        self.window.activateWindow()
        QTest.qWait(20)

    def leaving_is_meant(self) -> None:
        """Answer the question that a window may ask when it is closed in the midst of something."""

        def answer() -> None:
            asked = self.window.findChild(LeaveDialog)
            if asked is not None and asked.isVisible():
                self.hands.press(asked.go)
            elif self.window.isVisible():
                QTimer.singleShot(100, self.window, answer)

        QTimer.singleShot(100, self.window, answer)

    def close_now(self) -> None:
        """As a person closes it in the midst; it is gone at once."""
        began = time.monotonic()
        self.window.close()
        assert not self.window.isVisible(), "the window stayed open"
        assert time.monotonic() - began < GONE_IN

    def close(self) -> tuple[Gap, ...]:
        """As a person closes it; everything ends."""
        if self.window.isVisible():
            self.leaving_is_meant()
            self.close_now()
        assert self.window.thread_.join(LEAVES_IN), "the card thread did not end"
        self.is_closed = True
        gaps = self.gaps.stop()
        self._open.close()
        self.window.deleteLater()
        return gaps
