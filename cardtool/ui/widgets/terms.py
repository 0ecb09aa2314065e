"""Terms to read to the end, to print, and then to accept."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QTextBrowser, QWidget

from cardtool.ui import stylesheet
from cardtool.ui.context import Context
from cardtool.ui.widgets.base import Label, Part, column, row
from cardtool.ui.widgets.buttons import QUIET, Button

HEIGHT = 250


class TermsText(Part, QTextBrowser):
    """Markdown of the RA, shown without following anything it links to and without loading anything."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.setTabChangesFocus(True)
        self.begin(context)

    def loadResource(self, _kind: int, _name: object) -> None:  # noqa: N802
        """Terms come from the network: they may not fetch pictures or styles."""

    def restyle(self) -> None:
        self.setFont(self.theme.font("body"))
        self.setStyleSheet(self.theme.sheet(stylesheet.browser))
        self.document().setDefaultFont(self.theme.font("body"))
        self.setMinimumHeight(self.theme.px(120))
        self.setMaximumHeight(self.theme.px(HEIGHT))
        super().restyle()


class TermsView(Part, QWidget):
    """``read`` once the end was in view."""

    read = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.was_read = False
        self.text = TermsText(context)
        self._state = Label(context, "small", "muted")
        self.print_button = Button(context, QUIET, "printer")
        below = row(context.theme, gap=12)
        below.addWidget(self._state, 1)
        below.addWidget(self.print_button)
        layout = column(context.theme, gap=6)
        layout.addWidget(self.text)
        layout.addLayout(below)
        self.setLayout(layout)
        self.begin(context)
        self.say(self.print_button.setText, "terms.print")
        self.say(self._state.setText, "terms.scroll")
        self.print_button.clicked.connect(self._print)
        bar = self.text.verticalScrollBar()
        bar.valueChanged.connect(self._look)
        bar.rangeChanged.connect(self._look)

    def show_terms(self, version: str, markdown: str) -> None:
        self.was_read = False
        self.say(self.text.setAccessibleName, "terms.name", version=version)
        self.text.setMarkdown(markdown)
        self.text.moveCursor(self.text.textCursor().MoveOperation.Start)
        self.say(self._state.setText, "terms.scroll")

    def _look(self) -> None:
        bar = self.text.verticalScrollBar()
        if not self.was_read and self.isVisible() and bar.value() >= bar.maximum() - 2:
            self.was_read = True
            self.say(self._state.setText, "terms.read")
            self.read.emit()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        QTimer.singleShot(0, self._look)  # only then is the text laid out, and short terms need no scrolling

    def _print(self) -> None:
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        if QPrintDialog(printer, self).exec():
            self.text.document().print_(printer)
