"""NYB-1: the one page for all wizards that are not built yet. It goes when the last of them is built."""

from __future__ import annotations

from cardtool.ui.context import Context
from cardtool.ui.page import Page
from cardtool.ui.widgets.strips import Strip


class NotBuiltPage(Page):
    can_go_back = False

    def __init__(self, context: Context, wizard: str) -> None:
        self.wizard = wizard
        super().__init__(context, "NYB-1")
        self.advice = Strip(context, "primary")
        self.layout_.addWidget(self.advice)
        self.say(self.advice.show_words, "not_built.advice")

    def title(self) -> str:
        return self.messages.text("not_built.title")

    def lead(self) -> str:
        return self.messages.text("not_built.lead", task=self.messages.text(f"task.{self.wizard}"))

    def cancel_words(self) -> str:
        return ""

    def primary(self) -> str:
        return self.messages.text("to_home")

    def submit(self) -> None:
        self.answered.emit(None)
