"""SGN-1: RA unit, account, site password, captcha where the unit has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from cardtool.errors import CaptchaExpired, CaptchaWrong, SessionExpired
from cardtool.flows.questions import AskSignIn, SignInAnswer
from cardtool.secret import Secret
from cardtool.ui.page import QuestionPage
from cardtool.ui.widgets.captcha import CaptchaView
from cardtool.ui.widgets.fields import Combo, Labelled, TextField
from cardtool.ui.widgets.secret_field import SecretField

if TYPE_CHECKING:
    from cardtool.ra.wire import UnitInfo


class SignInPage(QuestionPage):
    """Choosing another unit or asking for another captcha asks anew; what was typed stays."""

    question: AskSignIn

    def build(self) -> None:
        context = self.context
        self.units = Combo(context)
        self.unit = Labelled(context, self.units, "sign_in.unit")
        self.account_line = TextField(context)
        self.account = Labelled(context, self.account_line, "sign_in.account", "sign_in.account_hint")
        self.password = SecretField(context, "sign_in.password")
        self.captcha_view = CaptchaView(context)
        self.captcha_line = TextField(context)
        self.captcha = Labelled(context, self.captcha_line, "sign_in.captcha")
        for part in (self.unit, self.account, self.password, self.captcha_view, self.captcha):
            self.layout_.addWidget(part)
        self.tell_of_letter()
        self.units.activated.connect(self._unit_chosen)
        self.captcha_view.refreshed.connect(self._ask_anew)
        for line in (self.account_line, self.captcha_line, self.password.line):
            line.textChanged.connect(self._edited)

    def fill(self) -> None:
        question = self.question
        self._fill_units()
        if not self.account_line.text():
            self.account_line.setText(question.account)
        self.account_line.setEnabled(not question.fixed_account)
        self.units.setEnabled(not question.fixed_account)
        self.account.set_label("sign_in.account_cn" if self._by_name() else "sign_in.account")
        self._fill_captcha()

    def _fill_units(self) -> None:
        self.units.clear()
        for unit in self.question.units:
            self.units.addItem(unit.names.in_language(self.messages.language), unit.id)
        self.units.setCurrentIndex(max(0, self.units.findData(self.question.unit)))
        self.unit.setVisible(len(self.question.units) > 1)

    def _fill_captcha(self) -> None:
        captcha = self.question.captcha
        self.captcha_view.setVisible(captcha is not None)
        self.captcha.setVisible(captcha is not None)
        self.captcha_line.clear()
        if captcha is not None:
            self.captcha_view.show_captcha(captcha.image_png, captcha.audio_wav)

    def _unit(self) -> UnitInfo | None:
        return next((unit for unit in self.question.units if unit.id == self.question.unit), None)

    def _by_name(self) -> bool:
        unit = self._unit()
        return unit is not None and unit.sign_in.identifier.value == "cn"

    def ask(self, question: AskSignIn) -> None:
        super().ask(question)
        if question.error is None:
            self.strip.show_words("")
        elif isinstance(question.error, CaptchaWrong | CaptchaExpired):
            self.captcha_line.set_wrong(True)
        elif not isinstance(question.error, SessionExpired):
            self.password.fail()

    def retranslate(self) -> None:
        super().retranslate()
        if hasattr(self, "captcha"):
            current = self.units.currentIndex()
            for place, unit in enumerate(self.question.units):
                self.units.setItemText(place, unit.names.in_language(self.messages.language))
            self.units.setCurrentIndex(current)

    def primary(self) -> str:
        return self.messages.text("sign_in.action")

    def ready(self) -> bool:
        captcha_ready = self.question.captcha is None or bool(self.captcha_line.text().strip())
        return bool(self.account_line.text().strip()) and self.password.peek_length() > 0 and captcha_ready

    def submit(self) -> None:
        self.answered.emit(self._answer(self.password.take()))

    def first_field(self) -> QWidget | None:
        if isinstance(self.question.error, CaptchaWrong | CaptchaExpired):
            return self.captcha_line if self.password.peek_length() else self.password.line
        return self.password.line if self.account_line.text() else self.account_line

    def leave(self) -> None:
        self.password.wipe()
        self.captcha_view.forget()

    def _answer(self, password: Secret, *, new_captcha: bool = False) -> SignInAnswer:
        return SignInAnswer(
            unit=str(self.units.currentData() or self.question.unit),
            account=self.account_line.text().strip(),
            password=password,
            captcha=self.captcha_line.text().strip(),
            new_captcha=new_captcha,
        )

    def _ask_anew(self) -> None:
        self.answered.emit(self._answer(Secret(""), new_captcha=True))

    def _unit_chosen(self) -> None:
        if self.units.currentData() != self.question.unit:
            self._ask_anew()

    def _edited(self) -> None:
        self.dirty = bool(self.password.peek_length() or self.captcha_line.text())
        self.captcha_line.set_wrong(False)
        self.changed.emit()
