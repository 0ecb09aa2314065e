"""CRD-1, APC-2, SIG-1: which card; with none that fits, "insert your card", which goes on by itself."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cardtool.errors import NoCard
from cardtool.flows.questions import CardChoice, ChooseCard
from cardtool.ui.certificates import holder_of
from cardtool.ui.page import QuestionPage
from cardtool.ui.widgets.base import Label, column
from cardtool.ui.widgets.choices import Choices
from cardtool.ui.widgets.insert_picture import InsertPicture


class ChooseCardPage(QuestionPage):
    question: ChooseCard

    def build(self) -> None:
        self.picture = InsertPicture(self.context)
        self.waiting = Label(self.context, "small", "muted")
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.say(self.waiting.setText, "choose_card.waiting")
        self.insert = QWidget()
        middle = column(self.context.theme, (0, 12, 0, 0), 14)
        middle.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addWidget(self.waiting)
        self.insert.setLayout(middle)
        self.choices = Choices(self.context)
        self.layout_.addWidget(self.insert)
        self.layout_.addWidget(self.choices)
        self.choices.changed.connect(self.changed)

    def fill(self) -> None:
        taken = self.choices.value()
        self.choices.clear()
        for choice in self.question.choices:
            fits = choice.obstacle is None
            card = self.choices.add(choice.overview.reader, "credit-card", enabled=fits)
            card.setChecked(fits and choice.overview.reader == taken)
        if self.choices.value() is None:
            self.choices.take_first()
        self._tell_choices()
        self.insert.setVisible(not self._fitting())
        self.picture.show_card(bool(self.question.choices))
        self.waiting.setVisible(bool(self.question.choices))
        only_empty = all(isinstance(choice.obstacle, NoCard) for choice in self.question.choices)
        self.choices.setVisible(not only_empty)

    def _fitting(self) -> list[CardChoice]:
        return [choice for choice in self.question.choices if choice.obstacle is None]

    def _tell_choices(self) -> None:
        for card, choice in zip(self.choices.cards, self.question.choices, strict=True):
            if choice.obstacle is None:
                title = holder_of(choice.overview) or self.messages.text("choose_card.no_holder")
                where = self.messages.text("choose_card.in_reader", reader=choice.overview.reader)
                card.tell(title, where, self.messages.text("choose_card.usable"), "good")
            else:
                empty = isinstance(choice.obstacle, NoCard)
                state = self.messages.text(f"choose_card.{'empty' if empty else 'unusable'}")
                reason = "" if empty else self.messages.error(choice.obstacle).title
                card.tell(choice.overview.reader, reason, state)

    def retranslate(self) -> None:
        super().retranslate()
        if hasattr(self, "choices"):
            self._tell_choices()

    def title(self) -> str:
        if self._fitting():
            return super().title()
        return self.messages.text(f"choose_card.{self._what_to_do()}")

    def lead(self) -> str:
        if self._fitting():
            return super().lead()
        return self.messages.text(f"choose_card.{self._what_to_do()}_lead")

    def _what_to_do(self) -> str:
        return "insert" if self.question.choices else "connect"

    def primary(self) -> str:
        return self.messages.text(f"choose_card.{'action' if self._fitting() else 'look_again'}")

    def ready(self) -> bool:
        return not self._fitting() or self.choices.value() is not None

    def submit(self) -> None:
        self.answered.emit(self.choices.value() if self._fitting() else None)

    def cards_changed(self) -> None:
        self.answered.emit(None)

    def first_field(self) -> QWidget | None:
        return next((card for card in self.choices.cards if card.isChecked()), None)
