"""The window: home or wizard, below the practice band. It owns the card thread and what runs on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, partial
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6 import QtCore
from PySide6.QtCore import QObject, QSize, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from cardtool.config import Settings
from cardtool.config import Theme as Appearance
from cardtool.errors import CardToolError
from cardtool.ui.card_thread import CardThread
from cardtool.ui.context import Context
from cardtool.ui.first_frame import FirstFrame
from cardtool.ui.road import Road
from cardtool.ui.services import Services
from cardtool.ui.theme import APPEARANCES
from cardtool.ui.turns import Turns
from cardtool.ui.widgets.banner import PracticeBanner
from cardtool.ui.widgets.base import Part, column

if TYPE_CHECKING:
    from pathlib import Path

    from cardtool.report import Report
    from cardtool.ui.conductor import Conductor
    from cardtool.ui.home import Home
    from cardtool.ui.home_view import HomeView
    from cardtool.ui.page import Page
    from cardtool.ui.practice_panel import PracticePanel
    from cardtool.ui.wizard import WizardHost

SIZE = QSize(1040, 720)
SMALLEST = QSize(480, 340)
FRAME = QSize(4, 32)
"""What the system draws around the window."""

HOME_MODULES = (
    "cardtool.ui.icons",
    "cardtool.ui.home_state",
    "cardtool.ui.widgets.buttons",
    "cardtool.ui.widgets.card_picture",
    "cardtool.ui.widgets.header",
    "cardtool.ui.widgets.layouts",
    "cardtool.ui.home",
)
WIZARD_MODULES = ("cardtool.ui.wizard", "cardtool.ui.conductor")
PAGE_MODULES = (
    "cardtool.ui.widgets.fields",
    "cardtool.ui.pages.sign_in",
    "cardtool.ui.pages.accept_terms",
    "cardtool.ui.pages.pin",
    "cardtool.ui.pages.working",
    "cardtool.ui.pages.results",
    "cardtool.ui.pages.registry",
    "cardtool.ui.pages.help",
    "cardtool.ui.pages.settings",
    "cardtool.ui.pages.failure",
)
"""Imported ahead, one in each turn: a page that is asked for comes sooner."""


def first_size(available: QSize) -> QSize:
    """The usual size, or what the screen has room for: 1366x768 at 200 % is but 683x384."""
    return SIZE.boundedTo(available - FRAME)


class Crossing(QObject):
    """Signals that come from other threads."""

    came = Signal(object)
    seen = Signal(object)
    cards_changed = Signal()


class MainWindow(Part, QWidget):
    """``first_paint`` once, after the first picture is on the screen: heavy imports begin then."""

    first_paint = Signal()

    def __init__(self, context: Context, services: Services) -> None:
        super().__init__()
        self._services, self.settings = services, services.settings
        self.view: HomeView | None = None
        self._painted = self._looking = self._look_again = False
        self._panel: PracticePanel | None = None
        self._unwatch: Callable[[], None] | None = None
        self.thread_, self._turns, self._keeping = CardThread(), Turns(self), Turns(self)
        self.stack, self._first_frame = QStackedWidget(), FirstFrame(context)
        self._column = layout = column(context.theme)
        self._banner = PracticeBanner(context, with_panel=services.practice is not None)
        self._banner.setVisible(context.practice)
        layout.addWidget(self._banner)
        layout.addWidget(self._first_frame, 1)
        self.setLayout(layout)
        self.begin(context)
        self._crossing = Crossing()
        self._connect()
        self.retranslate()
        self.resize(first_size(self.screen().availableSize()))
        self.setMinimumSize(SMALLEST)

    def show_practice_panel(self) -> None:
        from cardtool.ui.practice_panel import PracticePanel

        if self._panel is None and self._services.practice is not None:
            self._panel = PracticePanel(self.context, self._services.practice)
        if self._panel is not None:
            self._panel.show()
            self._panel.raise_()
            self._panel.activateWindow()

    def _connect(self) -> None:
        self._crossing.came.connect(self._show_view)
        self._crossing.seen.connect(self._seen)
        self._crossing.cards_changed.connect(self._cards_changed)
        self._banner.panel_wanted.connect(self.show_practice_panel)
        self.first_paint.connect(self._make_home)

    @cached_property
    def home(self) -> Home:
        """Made after the first paint too: until then ``FirstFrame`` stands for it."""
        from cardtool.ui.home import Home

        home = Home(self.context)
        self.stack.addWidget(home)
        home.started.connect(self.start)
        home.explained.connect(self.explain)
        home.foot.language_chosen.connect(
            lambda language: self.apply_look(replace(self.settings, language=language))
        )
        home.foot.appearance_pressed.connect(self._next_appearance)
        return home

    @cached_property
    def host(self) -> WizardHost:
        """Made after the first paint, which shows nothing of it."""
        from cardtool.ui.wizard import WizardHost

        host = WizardHost(self.context)
        self.stack.addWidget(host)
        host.leave_pressed.connect(self._ask_to_leave)
        host.help_pressed.connect(self._show_help)
        return host

    @cached_property
    def aside(self) -> WizardHost:
        """For pages that stand for themselves: a wizard keeps its place meanwhile."""
        from cardtool.ui.wizard import WizardHost

        aside = WizardHost(self.context)
        self.stack.addWidget(aside)
        aside.bar.help.hide()
        aside.leave_pressed.connect(self._ask_to_leave_aside)
        return aside

    @cached_property
    def conductor(self) -> Conductor:
        from cardtool.ui.conductor import Conductor

        conductor = Conductor(self.context, self.host, self.thread_)
        self.host.back_pressed.connect(conductor.back)
        conductor.shown.connect(self._show_host)
        conductor.ended.connect(self.go_home)
        conductor.next_wizard.connect(self.start)
        return conductor

    # --- the world outside -------------------------------------------------------------------

    def _make_home(self) -> None:
        """In turns, so that the window answers in between; what the first wizard needs is there before it is asked."""
        self._turns.add(
            self.theme.follow_system,
            self._banner.offer_panel,
            *(partial(import_module, name) for name in HOME_MODULES),
            lambda: self.home,
            self._show_first_home,
            self._begin_work,
            *(partial(import_module, name) for name in WIZARD_MODULES),
            lambda: self.host,
            lambda: self.conductor,
            self.look,
            *(partial(import_module, name) for name in PAGE_MODULES),
            lambda: self.aside,
        )

    def _show_first_home(self) -> None:
        self.stack.setCurrentWidget(self.home)
        self._column.replaceWidget(self._first_frame, self.stack)
        self.stack.show()
        self._first_frame.hide()
        self._first_frame.deleteLater()

    def _begin_work(self) -> None:
        if self._services.warm is not None:
            self.thread_.submit(self._services.warm)
        if self._services.watch is not None:
            self._unwatch = self._services.watch(self._crossing.cards_changed.emit)

    def look(self) -> None:
        """Have the state looked at on the card thread; never twice at a time, never beside a flow."""
        if self._looking or self.conductor.is_running():
            self._look_again = self._looking
            return
        self._looking = True
        self.thread_.submit(lambda: self._crossing.seen.emit(self._look_now()))

    def _look_now(self) -> HomeView | CardToolError:
        """A card that came is on the screen before anything was read of it."""
        try:
            if at_once := self._services.look_at_once():
                self._crossing.came.emit(at_once)
            return self._services.look()
        except CardToolError as error:
            return error

    def _seen(self, seen: HomeView | CardToolError) -> None:
        self._looking = False
        if isinstance(seen, CardToolError):
            self.explain(type(seen), seen)
        else:
            self._show_view(seen)
        if self._look_again:
            self._look_again = False
            self.look()

    def _show_view(self, view: HomeView) -> None:
        self.view = view
        self.home.show_view(view)

    def _cards_changed(self) -> None:
        if self.conductor.is_running():
            self.conductor.cards_changed()
        else:
            self.look()

    # --- where one goes ----------------------------------------------------------------------

    def start(self, wizard: str) -> None:
        """Begin the wizard of that code; what is not built leads to the one page that says so."""
        from cardtool.ui.home_state import BUILT

        if wizard == "SET":
            self._show_settings()
        elif wizard == "HLP":
            self._show_help()
        elif wizard == "RPT":
            self._show_report()
        elif wizard in self._services.wizards and wizard in BUILT:
            self.home.setEnabled(False)
            support = self.view.support if self.view else None
            self.conductor.begin(wizard, self._services.wizards[wizard], support)
        else:
            from cardtool.ui.pages.not_built import NotBuiltPage

            self._show_alone(NotBuiltPage(self.context, wizard))

    def explain(self, kind: type[CardToolError], error: CardToolError | None = None) -> None:
        """Tell of a state of the home screen in the words of its error."""
        from cardtool.ui.pages.failure import FailurePage

        support = self.view.support if self.view else None
        self._show_alone(FailurePage(self.context, "HLP-1", error or kind(), support, retry=False))

    def go_home(self) -> None:
        self.conductor.stop()
        self.aside.clear()
        self.home.setEnabled(True)
        self.stack.setCurrentWidget(self.home)
        self.host.clear()
        self.home.take_focus()
        self.look()

    def _show_host(self) -> None:
        self.home.setEnabled(True)
        self.stack.setCurrentWidget(self.host)
        self.aside.clear()

    def _show_alone(self, page: Page) -> None:
        page.answered.connect(lambda _answer: self._close_aside())
        page.started.connect(self.start)
        self.aside.bring(page, Road(""), lambda: self.stack.setCurrentWidget(self.aside))

    def _close_aside(self) -> None:
        """Back to where one came from."""
        if self.host.page is None:
            self.go_home()
        else:
            self._show_host()
            self.host.take_focus()

    def _shown(self) -> Page | None:
        """The page in front; None on the home screen."""
        return next((host.page for host in (self.aside, self.host) if host.page is not None), None)

    def _show_settings(self) -> None:
        from cardtool.ui.pages.settings import SettingsPage

        readers = (self.view.card.reader,) if self.view and self.view.card else ()
        page = SettingsPage(self.context, self.settings, [reader for reader in readers if reader])
        page.look_chosen.connect(self.apply_look)
        page.saved.connect(self._save_and_go_home)
        self._show_alone(page)

    def _show_help(self) -> None:
        from cardtool.ui.pages.help import HelpPage

        shown = self._shown()
        support = self.view.support if self.view else None
        can_practise = self._services.start_practice is not None
        page = HelpPage(self.context, shown.code if shown else "HOME", support, can_practise=can_practise)
        if self._services.start_practice is not None:
            page.practice_wanted.connect(self._services.start_practice)
        self._show_alone(page)

    def _show_report(self) -> None:
        """About the page in front; its wizard keeps its place."""
        from cardtool.report import Facts, make_report
        from cardtool.ui.pages.report import ReportPage

        shown = self._shown()
        code, error = shown.subject() if shown else ("HOME", "")
        here = Facts.of_here(self.messages.language, practice=self.context.practice)
        report = make_report(replace(here, page=code, error=error), self._services.log_folder)
        page = ReportPage(self.context, report)
        page.saved.connect(lambda path: self._show_saved_report(report, path))
        self._show_alone(page)

    def _show_saved_report(self, report: Report, path: Path) -> None:
        from cardtool.ui.pages.report import ReportSavedPage

        self._show_alone(ReportSavedPage(self.context, report, path))

    def _ask_to_leave(self) -> None:
        page = self.host.page
        if page is not None and (not page.dirty or self._may_leave()):
            self.conductor.leave()

    def _ask_to_leave_aside(self) -> None:
        page = self.aside.page
        if page is not None and (not page.dirty or self._may_leave()):
            self._close_aside()

    def _may_leave(self) -> bool:
        from cardtool.ui.dialogs import LeaveDialog

        focused = self.focusWidget()
        dialog = LeaveDialog(self.context, self)
        leaves = bool(dialog.exec())
        dialog.deleteLater()
        self.activateWindow()
        if focused is not None:
            focused.setFocus(QtCore.Qt.FocusReason.OtherFocusReason)
        return leaves

    # --- settings ----------------------------------------------------------------------------

    def apply_look(self, settings: Settings) -> None:
        """Language, appearance and text size take effect at once; they are kept in the next turn, disks are slow."""
        self.settings = settings
        self.messages.switch(settings.language or self.messages.language)
        if (settings.theme.value, settings.text_size) != (self.theme.appearance, self.theme.text_size):
            self.theme.apply(settings.theme.value, settings.text_size)
        self._keeping.drop()
        self._keeping.add(partial(self._save, settings))

    def _save_and_go_home(self, settings: Settings) -> None:
        self.settings = settings
        self._keeping.drop()
        if self._save(settings):
            self._close_aside()

    def _save(self, settings: Settings) -> bool:
        try:
            self._services.save_settings(settings)
        except CardToolError as error:
            shown = self._shown()
            if shown is not None:
                shown.strip.show_error(self.messages.error(error))
            return False
        return True

    def _next_appearance(self) -> None:
        place = (APPEARANCES.index(self.theme.appearance) + 1) % len(APPEARANCES)
        self.apply_look(replace(self.settings, theme=Appearance(APPEARANCES[place])))

    # --- the window itself -------------------------------------------------------------------

    def retranslate(self) -> None:
        super().retranslate()
        key = "product.practice_name" if self.context.practice else "product.name"
        self.setWindowTitle(self.messages.text(key))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self.first_paint.emit)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """F1; and Esc where the focus is in the band above a page."""
        if event.key() == QtCore.Qt.Key.Key_F1 and self.stack.currentWidget() is not self.aside:
            self._show_help()
        elif event.key() == QtCore.Qt.Key.Key_Escape and self._shown() is not None:
            (self.host if self.aside.page is None else self.aside).leave_pressed.emit()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Asks before work is thrown away. A flow that waits is told Cancelled; an act that runs comes to its end."""
        page = self.host.page
        if self.conductor.is_running() and page is not None and page.dirty and not self._may_leave():
            event.ignore()
            return
        self.conductor.stop()
        self._turns.drop()
        self._keeping.finish()
        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = None
        self.host.clear()
        self.aside.clear()
        self.thread_.end()
        if self._panel is not None:
            self._panel.end()
        super().closeEvent(event)
