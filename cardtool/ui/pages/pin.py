"""CRD-2, APC-3, SIG-2: the card's PIN. Tries left stand beside the field before anything is typed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cardtool.errors import LastTry
from cardtool.flows.ports import PinOnReader
from cardtool.flows.questions import AskPin, PinAnswer
from cardtool.flows.rules import pin_limits
from cardtool.ui.certificates import holder_of
from cardtool.ui.page import QuestionPage
from cardtool.ui.widgets.base import Label
from cardtool.ui.widgets.fields import Tick
from cardtool.ui.widgets.secret_field import SecretField
from cardtool.ui.widgets.strips import Strip
from cardtool.ui.widgets.tries import Tries


class PinPage(QuestionPage):
    question: AskPin

    def build(self) -> None:
        context = self.context
        self.resumed = Strip(context, "good")
        self.card = Label(context, "strong")
        self.pin = SecretField(context, "pin.label")
        self.pin.line.setInputMethodHints(
            self.pin.line.inputMethodHints() | Qt.InputMethodHint.ImhPreferNumbers
        )
        self.tries = Tries(context)
        self.zero = Strip(context, "primary")
        self.confirm = Tick(context, "pin.confirm_last")
        self.on_reader = Strip(context, "primary")
        self.here = Tick(context, "pin.type_here")
        self.layout_.addWidget(self.resumed)
        self.layout_.addWidget(self.card)
        self.layout_.addWidget(self.on_reader)
        self.layout_.addWidget(self.pin)
        self.pin.add_below(self.tries)
        self.layout_.addWidget(self.zero)
        self.layout_.addWidget(self.confirm)
        self.layout_.addWidget(self.here)
        self.tell_of_letter()
        self.pin.edited.connect(self._edited)
        self.confirm.toggled.connect(self.changed)
        self.here.toggled.connect(self._place_chosen)

    def fill(self) -> None:
        question, policy = self.question, self.question.policy
        self._minimum, self._maximum = pin_limits(question.card, policy)
        self.pin.set_limits(self._minimum, self._maximum)
        self.pin.line.setMaxLength(self._maximum)
        self.tries.set_tries(question.tries_left, policy.pin_tries if policy else None)
        self.confirm.setVisible(self._is_last())
        self.confirm.setChecked(False)
        self.here.setVisible(question.pad)
        self._show_place()
        self._tell()

    def _types_here(self) -> bool:
        """On the reader where it has a keypad: there no program of this computer sees the PIN."""
        return not self.question.pad or self.here.isChecked()

    def _place_chosen(self) -> None:
        self.pin.wipe()
        self._show_place()
        self._tell()
        self.changed.emit()

    def _show_place(self) -> None:
        self.pin.set_typed_here(self._types_here())

    def _is_last(self) -> bool:
        return self.question.tries_left == 1

    def _tell(self) -> None:
        card = self.question.card
        self.card.setText(" · ".join(part for part in (holder_of(card), card.reader) if part))
        key, tone = ("pin.last", "caution") if self._is_last() else ("pin.zero", "primary")
        self.zero.show_words(self.messages.text(key), tone)
        waits = self._on_reader is not None
        self.on_reader.show_words("" if waits or self._types_here() else self.messages.text("pin.on_reader"))
        self.resumed.show_words(self.messages.text("pin.resumed") if self.question.resumed else "")

    def ask(self, question: AskPin) -> None:
        super().ask(question)
        if question.error is not None and not isinstance(question.error, LastTry) and self._types_here():
            self.pin.fail()

    def pin_on_reader(self, wanted: PinOnReader | None) -> None:
        super().pin_on_reader(wanted)
        self._tell()

    def retranslate(self) -> None:
        super().retranslate()
        if hasattr(self, "confirm"):
            self._tell()

    def _edited(self) -> None:
        self.dirty = self.pin.peek_length() > 0
        self.changed.emit()

    def primary(self) -> str:
        return self.messages.text(f"pin.action_{self.code.split('-', maxsplit=1)[0]}")

    def ready(self) -> bool:
        long_enough = self._minimum <= self.pin.peek_length() <= self._maximum
        return (long_enough or not self._types_here()) and (not self._is_last() or self.confirm.isChecked())

    def submit(self) -> None:
        pin = self.pin.take() if self._types_here() else None
        self.answered.emit(PinAnswer(pin, last_try=self._is_last() and self.confirm.isChecked()))

    def first_field(self) -> QWidget | None:
        return self.pin.line if self._types_here() else None

    def leave(self) -> None:
        self.pin.wipe()
