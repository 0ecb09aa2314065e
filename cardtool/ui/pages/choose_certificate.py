"""SIG-1: which certificate the signature test takes."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from cardtool.cards.overview import CertificateOnCard
from cardtool.errors import CertificateRefused
from cardtool.flows.questions import ChooseCertificate
from cardtool.ui.certificates import kind_of
from cardtool.ui.messages import day
from cardtool.ui.page import QuestionPage
from cardtool.ui.widgets.choices import Choice, Choices


class ChooseCertificatePage(QuestionPage):
    question: ChooseCertificate

    def build(self) -> None:
        self.choices = Choices(self.context)
        self.layout_.addWidget(self.choices)
        self.choices.changed.connect(self.changed)

    def fill(self) -> None:
        self.choices.clear()
        for held in self.question.certificates:
            self._tell(self.choices.add(held.slot.label, "certificate"), held)
        self.choices.take_first()

    def _tell(self, choice: Choice, held: CertificateOnCard) -> None:
        summary = held.summary
        if summary is None:
            choice.tell(choice.value, self.messages.error(CertificateRefused("malformed")).title)
            return
        dates = {"since": day(summary.not_before), "until": day(summary.not_after)}
        title = f"{summary.holder} · {kind_of(summary, self.messages)}"
        choice.tell(title, self.messages.text("card.validity", **dates), choice.value)

    def retranslate(self) -> None:
        super().retranslate()
        if hasattr(self, "choices"):
            for choice, held in zip(self.choices.cards, self.question.certificates, strict=True):
                self._tell(choice, held)

    def primary(self) -> str:
        return self.messages.text("certificate.choose_action")

    def ready(self) -> bool:
        return self.choices.value() is not None

    def submit(self) -> None:
        taken = self.choices.value()
        slot = next(held.slot for held in self.question.certificates if held.slot.label == taken)
        self.answered.emit(slot)

    def first_field(self) -> QWidget | None:
        return next((choice for choice in self.choices.cards if choice.isChecked()), None)
