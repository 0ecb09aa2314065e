"""OUT-1: confirm signing out."""

from __future__ import annotations

from cardtool.flows.questions import ConfirmSignOut
from cardtool.ui.page import QuestionPage
from cardtool.ui.widgets.base import Label


class SignOutPage(QuestionPage):
    question: ConfirmSignOut

    def build(self) -> None:
        self.account = Label(self.context, "body")
        self.layout_.addWidget(self.account)

    def fill(self) -> None:
        self.say(self.account.setText, "out.account", account=self.question.account)

    def primary(self) -> str:
        return self.messages.text("out.action")

    def submit(self) -> None:
        self.answered.emit(True)
