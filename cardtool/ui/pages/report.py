"""RPT: the support report, shown whole before it is saved as a file."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QTextBrowser

from cardtool.errors import CardToolError
from cardtool.report import Report, spoken_code
from cardtool.ui import stylesheet
from cardtool.ui.context import Context
from cardtool.ui.page import Page
from cardtool.ui.widgets.base import Label, Part, row
from cardtool.ui.widgets.code_chip import CodeChip
from cardtool.ui.widgets.facts import Facts

HEIGHT = 330


class ReportText(Part, QTextBrowser):
    """The report as it will stand in the file."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QTextBrowser.LineWrapMode.WidgetWidth)
        self.begin(context)

    def restyle(self) -> None:
        self.setStyleSheet(self.theme.sheet(stylesheet.browser))
        self.document().setDefaultFont(self.theme.font("small"))
        self.setFixedHeight(self.theme.px(HEIGHT))
        super().restyle()


class ReportPage(Page):
    """RPT-1. ``saved`` with the file once it is whole on the disk."""

    saved = Signal(Path)
    can_go_back = False
    _written = Signal(object, object)
    """From the writing thread: the file, and what went wrong or None."""

    def __init__(self, context: Context, report: Report) -> None:
        super().__init__(context, "RPT-1")
        self._report, self._writing = report, False
        self.spoken = CodeChip(context)
        self.spoken.show_code(spoken_code(report.facts))
        caption = Label(context, "strong")
        self.say(caption.setText, "report.spoken")
        line = row(context.theme, gap=12)
        line.addWidget(caption)
        line.addWidget(self.spoken)
        line.addStretch(1)
        self.text = ReportText(context)
        self.say(self.text.setAccessibleName, "report.name")
        self.layout_.addLayout(line)
        self.layout_.addWidget(self.text)
        self._written.connect(self._tell_written, Qt.ConnectionType.QueuedConnection)
        self._tell()

    def _tell(self) -> None:
        self.text.setPlainText(self._report.text(self.messages.words))

    def retranslate(self) -> None:
        super().retranslate()
        if hasattr(self, "text"):
            self._tell()

    def subject(self) -> tuple[str, str]:
        return self._report.facts.page, self._report.facts.error

    def primary(self) -> str:
        return self.messages.text("report.save")

    def ready(self) -> bool:
        return not self._writing

    def submit(self) -> None:
        proposed = self.messages.text("report.file", code=self.spoken.code()) + ".txt"
        kind = f"{self.messages.text('report.filter')} (*.txt)"
        path, _ = QFileDialog.getSaveFileName(self, self.messages.text("report.save"), proposed, kind)
        if path:
            self.write(Path(path))

    def write(self, path: Path) -> None:
        """On a thread of its own: the folder may be on a slow stick or far away."""
        self._writing = True
        self.changed.emit()
        words = self.messages.words

        def save() -> None:
            try:
                self._report.save(path, words)
            except CardToolError as error:
                self._written.emit(path, error)
            else:
                self._written.emit(path, None)

        threading.Thread(target=save, name="report", daemon=True).start()

    def _tell_written(self, path: Path, error: CardToolError | None) -> None:
        self._writing = False
        self.changed.emit()
        if error is None:
            self.saved.emit(path)
        else:
            self.strip.show_error(self.messages.error(error))

    def first_field(self) -> CodeChip:
        return self.spoken


class ReportSavedPage(Page):
    """RPT-2: where it is, and the code once more."""

    can_go_back = False

    def __init__(self, context: Context, report: Report, path: Path) -> None:
        super().__init__(context, "RPT-2")
        facts = Facts(context, "report")
        facts.show_facts(
            [("where", path.name), ("folder", str(path.parent)), ("spoken", spoken_code(report.facts))]
        )
        self.layout_.addWidget(facts)

    def mark(self) -> tuple[str, str]:
        return "circle-check", "good"

    def cancel_words(self) -> str:
        return ""

    def primary(self) -> str:
        return self.messages.text("close")

    def submit(self) -> None:
        self.answered.emit(None)
