"""A window with make-believe flows, driven by mouse and keyboard events at visible widgets only."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from cardtool.config import Settings
from cardtool.ui.context import Context
from cardtool.ui.flow_run import Start
from cardtool.ui.home_view import HomeView
from cardtool.ui.main_window import MainWindow
from cardtool.ui.messages import Messages
from cardtool.ui.services import Services
from cardtool.ui.wizard import WizardHost
from tests.ui import samples
from tests.ui.studio import StillTheme, strict_words


class Walk:
    """``window`` with the given wizards; ``saved`` collects what the settings were saved as."""

    def __init__(
        self, app: QApplication, wizards: dict[str, Start] | None = None, language: str = "zh_TW"
    ) -> None:
        self.saved: list[Settings] = []
        self.look: Callable[[], HomeView] = samples.view
        self.at_once: HomeView | None = None
        self.cards_changed: Callable[[], None] = lambda: None
        theme = StillTheme(app, "light", 100)
        services = Services(
            strict_words,
            Settings(),
            self.saved.append,
            lambda: self.look(),  # noqa: PLW0108 - a test may set another one
            wizards or {},
            watch=self._watch,
            look_at_once=lambda: self.at_once,
        )
        self.window = MainWindow(Context(Messages(strict_words, language), theme), services)
        self.window.show()
        self.window.activateWindow()
        self.until(lambda: self.window.view is not None)

    def _watch(self, told: Callable[[], None]) -> Callable[[], None]:
        self.cards_changed = told
        return lambda: None

    def until(self, reached: Callable[[], bool], seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < deadline, f"not reached; on {self.code()}"
            QTest.qWait(5)

    def code(self) -> str:
        page = self.host.page
        shown = self.window.stack.currentWidget() is self.host
        return page.code if shown and page else "HOME"

    @property
    def host(self) -> WizardHost:
        """What is in front: a wizard, or a page that stands for itself."""
        window = self.window
        return window.aside if window.stack.currentWidget() is window.aside else window.host

    def on(self, code: str) -> Any:
        """Wait for the page of that code, ready for input, and return it."""
        self.until(lambda: self.code() == code and not self.host.is_busy())
        QTest.qWait(10)
        return self.host.page

    def click(self, widget: QWidget) -> None:
        assert widget.isVisible(), "only what is seen can be clicked"
        assert widget.isEnabled(), "only what is enabled can be clicked"
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    def type(self, words: str) -> None:
        """Keys to whatever has the focus."""
        focused = QApplication.focusWidget()
        assert focused is not None, "nothing has the focus"
        QTest.keyClicks(focused, words)

    def press(self, key: Qt.Key) -> None:
        focused = QApplication.focusWidget()
        assert focused is not None, "nothing has the focus"
        QTest.keyClick(focused, key)

    def primary(self) -> None:
        self.click(self.host.bar.primary)

    def close(self) -> None:
        self.window.conductor.stop()
        self.window.host.clear()
        self.window.close()
        assert self.window.thread_.join(30), "the card thread did not end"
        self.window.deleteLater()


class Recorded:
    """A flow made of questions: asks them in order and keeps the answers."""

    def __init__(self, *questions: object, result: object = None, acts: bool = False) -> None:
        self.questions, self.result, self.acts = questions, result, acts
        self.answers: list[Any] = []
        self.error: BaseException | None = None
        self.thread: threading.Thread | None = None

    def __call__(self, prompts: Any, progress: Any, cancel: Any) -> object:
        self.thread = threading.current_thread()
        try:
            for question in self.questions:
                self.answers.append(prompts.ask(question))
            if self.acts:
                self._work(progress, cancel)
        except BaseException as error:
            self.error = error
            raise
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result

    def _work(self, progress: Any, cancel: Any) -> None:
        from cardtool.errors import Cancelled  # noqa: PLC0415

        progress.planned(samples.ACTS)
        for act in samples.ACTS:
            if cancel.requested():
                raise Cancelled
            progress.started(act)
            time.sleep(0.05)
            progress.finished(act, skipped=False)
