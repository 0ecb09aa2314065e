"""APC-1: check the registration data, read the terms to the end, accept them."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from cardtool.flows.questions import AcceptTerms
from cardtool.ui.page import QuestionPage
from cardtool.ui.widgets.base import Label
from cardtool.ui.widgets.facts import Facts
from cardtool.ui.widgets.fields import Tick
from cardtool.ui.widgets.terms import TermsView


class AcceptTermsPage(QuestionPage):
    question: AcceptTerms

    def build(self) -> None:
        context = self.context
        self._data_title, self._terms_title = Label(context, "title"), Label(context, "title")
        self.facts = Facts(context, "terms_page")
        self._wrong = Label(context, "small", "muted")
        self.terms = TermsView(context)
        self.accept = Tick(context, "terms.accept")
        self.accept.setEnabled(False)
        parts = (self._data_title, self.facts, self._wrong, self._terms_title, self.terms, self.accept)
        for part in parts:
            self.layout_.addWidget(part)
        self.say(self._data_title.setText, "terms_page.data")
        self.say(self._terms_title.setText, "terms_page.terms")
        self.terms.read.connect(lambda: self.accept.setEnabled(True))
        self.accept.toggled.connect(self._ticked)

    def fill(self) -> None:
        terms = self.question.terms
        self._tell_facts()
        self.say(self._wrong.setText, "terms_page.wrong", phone=self.question.unit.support.phone)
        self.terms.show_terms(terms.version, terms.text)
        self.accept.setChecked(False)

    def _tell_facts(self) -> None:
        account, unit = self.question.account, self.question.unit
        names = ("holder", "identifier", "account", "email", "phone")
        facts = [(name, str(getattr(account, name))) for name in names]
        self.facts.show_facts([*facts, ("unit", unit.names.in_language(self.messages.language))])

    def retranslate(self) -> None:
        super().retranslate()
        if hasattr(self, "accept"):
            self._tell_facts()

    def _ticked(self, on: bool) -> None:
        self.dirty = on
        self.changed.emit()

    def primary(self) -> str:
        return self.messages.text("terms_page.action")

    def ready(self) -> bool:
        return self.accept.isChecked()

    def submit(self) -> None:
        self.answered.emit(True)

    def first_field(self) -> QWidget | None:
        return self.terms.text
