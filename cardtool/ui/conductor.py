"""Leads a person through one wizard: a flow's questions become pages, their answers go back to the flow."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from cardtool.errors import CardToolError
from cardtool.ui.card_thread import CardThread
from cardtool.ui.context import Context
from cardtool.ui.flow_run import FlowRun, Start
from cardtool.ui.home_view import Support
from cardtool.ui.page import Page, QuestionPage
from cardtool.ui.road import Road
from cardtool.ui.wizard import WizardHost

if TYPE_CHECKING:
    from cardtool.flows.ports import Act, PinOnReader
    from cardtool.ui.pages.working import WorkingPage

PATIENCE = 300
"""Milliseconds after an answer before the page says that something is going on."""


class Conductor(QObject):
    """``shown`` when there is a page to see, ``ended`` when the person is to see the home screen again,
    ``next_wizard`` when a page offers another."""

    shown = Signal()
    ended = Signal()
    next_wizard = Signal(str)

    def __init__(self, context: Context, host: WizardHost, thread: CardThread) -> None:
        super().__init__(host)
        self._context, self._host, self._thread = context, host, thread
        self._run: FlowRun | None = None
        self._wizard = ""
        self._start: Start | None = None
        self._support: Support | None = None
        self._road = Road("")
        self._acts: tuple[Act, ...] = ()
        self._cards_moved = False
        self._patience = QTimer(self, interval=PATIENCE, singleShot=True)
        self._patience.timeout.connect(self._tell_busy)

    def is_running(self) -> bool:
        return self._run is not None

    def begin(self, wizard: str, start: Start, support: Support | None) -> None:
        self.stop()
        self._wizard, self._start, self._support = wizard, start, support
        self._road = Road.of(wizard)
        run = FlowRun()
        self._run = run
        run.prompts.asked.connect(self._for(run, self._asked))
        run.progress.planned_acts.connect(self._for(run, self._planned))
        run.progress.act_started.connect(self._for(run, self._act_started))
        run.progress.act_finished.connect(self._for(run, self._act_finished))
        run.progress.reader_asks.connect(self._for(run, self._reader_asks))
        run.succeeded.connect(self._for(run, self._succeeded))
        run.failed.connect(self._for(run, self._failed))
        run.cancelled.connect(self._for(run, self._cancelled))
        self._patience.start()
        run.begin(self._thread, start)

    def stop(self) -> None:
        """Leave the wizard: what the flow still says is not listened to."""
        self._patience.stop()
        self._host.drop_coming()
        if self._run is not None:
            self._run.stop()
            self._run = None

    def cards_changed(self) -> None:
        """One that comes while the flow works is kept for its next question, which may be out of date already."""
        self._cards_moved = self._run is None or self._host.page is None or self._host.is_busy()
        if not self._cards_moved and self._host.page is not None:
            self._host.page.cards_changed()

    def back(self) -> None:
        if self._run is not None and self._run.prompts.back():
            self._patience.start()

    def leave(self) -> None:
        """The person confirmed leaving. A working page ends after the act that runs."""
        from cardtool.ui.pages.working import WorkingPage

        page = self._host.page
        if self._run is not None and isinstance(page, WorkingPage):
            self._run.progress.request_cancel()
            page.stop()
            return
        self.stop()
        self.ended.emit()

    def _for(self, run: FlowRun, then: Callable[..., None]) -> Callable[..., None]:
        """Only the present run is listened to: another may still be on its way out."""

        def listen(*told: object) -> None:
            if run is self._run:
                self._host.settle()
                then(*told)

        return listen

    def _asked(self, question: Any) -> None:
        from cardtool.ui.pages.registry import QUESTION_PAGES

        self._patience.stop()
        kind = QUESTION_PAGES[type(question)]
        self._road.reach(question.page)
        page = self._host.page
        if type(page) is kind and isinstance(page, QuestionPage) and page.code == question.page:
            page.ask(question)
            self._host.refresh()
        else:
            self._show(kind(self._context, question), self._answer, self._tell_cards_moved)
            return
        self._tell_cards_moved()

    def _tell_cards_moved(self) -> None:
        if self._cards_moved:
            self.cards_changed()

    def _answer(self, answer: object) -> None:
        if self._run is not None and self._run.prompts.answer(answer):
            self._patience.start()
            self._host.hold()

    def _planned(self, acts: tuple[Act, ...]) -> None:
        self._acts = acts

    def _act_started(self, act: Act) -> None:
        page = self._host.page
        if page is None or page.code != act.page:
            page = self._working_page(act.page)
        if page.act_started(act):
            self._patience.stop()
        else:
            self._host.set_busy(f"{self._context.messages.act(act.name)} …")

    def _working_page(self, code: str) -> WorkingPage:
        from cardtool.ui.pages.working import WorkingPage

        self._road.reach(code)
        page = WorkingPage(self._context, code, self._acts)
        self._show(page, self._answer)
        return page

    def _act_finished(self, act: Act, skipped: bool) -> None:
        page = self._host.page
        if page is not None:
            page.act_finished(act, skipped=skipped)

    def _reader_asks(self, wanted: PinOnReader | None) -> None:
        if self._host.page is not None:
            self._patience.stop()
            self._host.page.pin_on_reader(wanted)

    def _tell_busy(self) -> None:
        """An answer takes its time; before the first question there is a page that says so and can be left."""
        if self._host.page is None:
            from cardtool.ui.pages.waiting import WaitingPage

            self._show(WaitingPage(self._context, self._road.current), self._answer, self._host.hold)
        else:
            self._host.set_busy(self._context.messages.text("wizard.busy"))

    def _show(
        self, page: Page, answered: Callable[[Any], None], then: Callable[[], None] = lambda: None
    ) -> None:
        """In the next turn; ``then`` follows."""
        page.answered.connect(answered)
        page.started.connect(self.next_wizard)

        def shown() -> None:
            self.shown.emit()
            then()

        self._host.bring(page, self._road, shown)

    def _succeeded(self, result: object) -> None:
        from cardtool.ui.pages.registry import RESULT_PAGES

        self._end_run()
        page = RESULT_PAGES[self._wizard](self._context, result)
        self._road.reach(page.code)
        self._show(page, lambda _answer: self.ended.emit())

    def _failed(self, error: CardToolError) -> None:
        from cardtool.ui.pages.failure import FailurePage

        self._end_run()
        code = self._host.page.code if self._host.page else self._road.current or "HOME"
        self._show(FailurePage(self._context, code, error, self._support, retry=True), self._after_failure)

    def _after_failure(self, again: bool) -> None:
        if again and self._start is not None:
            self.begin(self._wizard, self._start, self._support)
        else:
            self.ended.emit()

    def _cancelled(self) -> None:
        self._end_run()
        self.ended.emit()

    def _end_run(self) -> None:
        self._patience.stop()
        self._run = None
