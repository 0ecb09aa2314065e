"""HLP-1: what the page one came from is for, what a code means, whom to call, practice mode."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from cardtool.report import named, read_spoken_code, told
from cardtool.ui.context import Context
from cardtool.ui.home_view import Support
from cardtool.ui.messages import sentences
from cardtool.ui.page import Page
from cardtool.ui.widgets.base import Label, Panel, column, row
from cardtool.ui.widgets.buttons import SECONDARY, Button
from cardtool.ui.widgets.fields import Labelled, TextField
from cardtool.ui.widgets.strips import Strip


class HelpPage(Page):
    """``practice_wanted``: practice mode is a program of its own, started by the window's owner."""

    practice_wanted = Signal()
    can_go_back = False

    def __init__(
        self, context: Context, came_from: str, support: Support | None, *, can_practise: bool
    ) -> None:
        super().__init__(context, "HLP-1")
        self._came_from, self._support = came_from, support
        self._build_lookup()
        self._build_sections(can_practise)
        self._tell()

    def _build_lookup(self) -> None:
        context = self.context
        self.code_line = TextField(context)
        self.look_up = Button(context, SECONDARY, "search")
        self.meaning = Strip(context, "primary")
        asking = row(context.theme, gap=12)
        asking.addWidget(Labelled(context, self.code_line, "help.code"), 1000)
        asking.addWidget(self.look_up, 0, Qt.AlignmentFlag.AlignBottom)
        asking.addStretch(1)
        self.layout_.addLayout(asking)
        self.say(self.code_line.setPlaceholderText, "help.code_hint")
        self.layout_.addWidget(self.meaning)
        self.say(self.look_up.setText, "help.look_up")
        self.look_up.clicked.connect(self._look_up)

    def _build_sections(self, can_practise: bool) -> None:
        context = self.context
        self._here, self._line = Label(context, "body"), Label(context, "body")
        practise = Label(context, "body")
        self.practise = Button(context, SECONDARY, "test-pipe")
        self.say(practise.setText, "help.practice_lead")
        self.say(self.practise.setText, "help.practice_start")
        self.practise.clicked.connect(self.practice_wanted)
        self.settings = Button(context, SECONDARY, "settings")
        self.say(self.settings.setText, "header.settings")
        self.settings.clicked.connect(lambda: self.started.emit("SET"))
        self.layout_.addWidget(self._section("help.page_title", self._here))
        self.report = Button(context, SECONDARY, "list-check")
        self.say(self.report.setText, "report.offer")
        self.report.clicked.connect(lambda: self.started.emit("RPT"))
        self.layout_.addWidget(self._section("help.support", self._line, self.report))
        self.layout_.addWidget(self._section("help.look", self.settings))
        last = self._section("help.practice", practise, self.practise)
        self.layout_.addWidget(last)
        last.setVisible(can_practise)

    def _section(self, key: str, *parts: QWidget) -> Panel:
        title = Label(self.context, "strong")
        self.say(title.setText, key)
        panel = Panel(self.context)
        inner = column(self.context.theme, (20, 16, 20, 16), 6)
        inner.addWidget(title)
        for part in parts:
            left = Qt.AlignmentFlag.AlignLeft if isinstance(part, Button) else Qt.AlignmentFlag(0)
            inner.addWidget(part, 0, left)
        panel.setLayout(inner)
        return panel

    def _tell(self) -> None:
        words = self.messages.page(self._came_from)
        self._here.setText(f"{self._came_from} · {words.title} — {words.lead}")
        if self._support is None:
            self._line.setText(self.messages.text("help.support_none"))
        else:
            self._line.setText(f"{self._support.phone} · {self.messages.pick(self._support.hours)}")

    def retranslate(self) -> None:
        super().retranslate()
        if hasattr(self, "practise"):
            self._tell()
            self.meaning.show_words("")

    def _look_up(self) -> None:
        code = self.code_line.text().strip()
        if not code:
            return
        found, facts = self.messages.explain(code), read_spoken_code(code)
        if facts is not None:
            lines = named(told(facts, self.messages.words), self.messages.words)
            self.meaning.show_words("\n".join(lines), "primary", title=code.upper(), aloud=True)
        elif found is None:
            self.meaning.show_words(self.messages.text("help.unknown"), "caution", aloud=True)
        else:
            means = sentences(*(getattr(found, name, "") for name in ("lead", "safety", "advice")))
            self.meaning.show_words(means, "primary", title=f"{code.upper()} · {found.title}", aloud=True)

    def enter(self) -> bool:
        """In the field for a code it looks the code up."""
        if self.code_line.hasFocus():
            self._look_up()
        return self.code_line.hasFocus()

    def subject(self) -> tuple[str, str]:
        return self._came_from, ""

    def cancel_words(self) -> str:
        return ""

    def primary(self) -> str:
        return self.messages.text("close")

    def submit(self) -> None:
        self.answered.emit(None)

    def first_field(self) -> QWidget | None:
        return self.code_line
