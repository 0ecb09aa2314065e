"""Strips: one sentence on a pale ground that reassures, warns or tells of an error, said aloud when it comes."""

from __future__ import annotations

from PySide6.QtCore import Qt

from cardtool.ui.announce import announce
from cardtool.ui.context import Context
from cardtool.ui.messages import ErrorWords, sentences
from cardtool.ui.widgets.base import Box, Label, Panel, Picture, column, row

ICONS = {"primary": "info-circle", "good": "circle-check", "caution": "alert-triangle", "danger": "circle-x"}
NAMES = {"primary": "strip.info", "good": "strip.good", "caution": "strip.caution", "danger": "strip.danger"}


class Strip(Panel):
    """Hidden while it has nothing to say. Colour is never alone: an icon and words go with it."""

    def __init__(self, context: Context, tone: str = "primary") -> None:
        super().__init__(context, f"{tone}_pale", "", radius=10)
        self._tone = tone
        self._icon = Picture(context, ICONS[tone], tone)
        self.label = Label(context, "body", "text")
        layout = row(context.theme, (16, 11, 16, 11), 12)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(self._words(context), 1)
        self.setLayout(layout)
        self.hide()

    def _words(self, context: Context) -> Box:
        self._title = Label(context, "strong", "text")
        self._title.hide()
        words = column(context.theme, gap=2)
        words.addWidget(self._title)
        words.addWidget(self.label)
        return words

    def show_words(self, words: str, tone: str = "", *, title: str = "", aloud: bool = False) -> None:
        """Empty ``words`` hide it. ``aloud`` for what just happened: errors interrupt the screen reader."""
        if tone and tone != self._tone:
            self._tone = tone
            self.set_colours(f"{tone}_pale", "")
            self._icon.set_icon(ICONS[tone], tone)
        self.label.setText(words)
        self._title.setText(title)
        self._title.setVisible(bool(title))
        said = " ".join(part for part in (title, words) if part)
        self.setAccessibleName(f"{self.messages.text(NAMES[self._tone])}: {said}" if words else "")
        self.setVisible(bool(words))
        if words and aloud:
            announce(self, self.accessibleName(), urgent=self._tone == "danger")

    def show_error(self, words: ErrorWords, *, aloud: bool = True) -> None:
        """The four things of spec 1.2: what happened, is all safe, what to do now, the code."""
        told = sentences(words.safety, words.advice, f"({words.code})")
        self.show_words(told, "danger", title=words.title, aloud=aloud)


class Badge(Panel):
    """A state word on a pale pill."""

    def __init__(self, context: Context, tone: str = "primary") -> None:
        super().__init__(context, f"{tone}_pale", "", radius=11)
        self._label = Label(context, "small", tone, wrap=False)
        layout = row(context.theme, (11, 1, 11, 2))
        layout.addWidget(self._label)
        self.setLayout(layout)
        self.setSizePolicy(self._label.sizePolicy().Policy.Maximum, self._label.sizePolicy().Policy.Maximum)

    def show_word(self, word: str, tone: str) -> None:
        """``tone`` muted: the word alone, without a ground."""
        self._label.setText(word)
        self._label.set_tone(tone)
        self.set_colours("surface" if tone == "muted" else f"{tone}_pale", "")

    def word(self) -> str:
        return self._label.text()
