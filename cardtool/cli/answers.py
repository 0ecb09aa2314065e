"""Prompts answered from one JSON object on standard input, for scripts (``--answers -``).

A script's answer is given once: when a question comes back because the answer was wrong, that error ends
the command, so that no second try is ever spent. After a fault that passes (a session that ran out, a card
that was reset) the same answer is given again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import IO, Any, TypeVar, cast

from cardtool.cards.overview import KeyPlace
from cardtool.errors import (
    AnswerMissing,
    AnswersMalformed,
    CardToolError,
    NoCertificate,
    NoReader,
    SeveralCards,
)
from cardtool.flows.ports import Question
from cardtool.flows.questions import (
    AcceptTerms,
    AskNewSitePassword,
    AskPin,
    AskSignIn,
    AskSitePasswordChange,
    ChooseCard,
    ChooseCertificate,
    ConfirmSignOut,
    PinAnswer,
    SignInAnswer,
    SitePasswordChange,
)
from cardtool.secret import Secret

Answer = TypeVar("Answer")
MOST_BYTES = 64 * 1024
NAMES = frozenset(
    {
        *("account", "site_password", "new_site_password", "captcha"),
        *("accept_terms", "slot", "pin", "last_try"),
    }
)
"""What an answer may be called (docs/commands.md): a name misspelt is told, not passed over."""


class AnswersPrompts:
    """``answers``: names → text or flags, see docs/commands.md. ``account``: default for the sign-in."""

    def __init__(self, answers: dict[str, str | bool], account: str = "") -> None:
        self._answers = answers
        self._account = account
        self._pin_given = False

    @classmethod
    def read(cls, stream: IO[bytes], account: str = "", **given: bool) -> AnswersPrompts:
        """Raises AnswersMalformed: never with the text, it holds secrets."""
        raw = stream.read(MOST_BYTES + 1)
        try:
            found = json.loads(raw) if len(raw) <= MOST_BYTES else None
        except (ValueError, RecursionError):
            raise AnswersMalformed from None
        if not isinstance(found, dict) or not all(map(_is_answer, found.items())):
            raise AnswersMalformed
        return cls({**found, **{name: True for name, wanted in given.items() if wanted}}, account)

    def ask(self, question: Question[Answer]) -> Answer:
        if question.error is not None and not question.error.retryable:
            raise question.error
        answer = ANSWERS.get(type(question))
        if answer is None:
            raise AnswerMissing(type(question).__name__)
        return cast(Answer, answer(self, question))

    def text(self, name: str) -> str:
        value = self._answers.get(name)
        if not isinstance(value, str) or not value:
            raise AnswerMissing(name)
        return value

    def secret(self, name: str) -> Secret:
        return Secret(self.text(name))

    def flag(self, name: str) -> bool:
        return self._answers.get(name) is True

    def _sign_in(self, question: AskSignIn) -> SignInAnswer:
        account = question.account or self._account or self.text("account")
        captcha = ""
        if question.captcha is not None:
            # Only a demo RA tells the answer (spec 7.3), so that scripts can sign in there.
            captcha = question.captcha.demo_answer or self.text("captcha")
        return SignInAnswer(question.unit, account, self.secret("site_password"), captcha)

    def _new_site_password(self, _question: AskNewSitePassword) -> Secret:
        return self.secret("new_site_password")

    def _site_password_change(self, _question: AskSitePasswordChange) -> SitePasswordChange:
        return SitePasswordChange(self.secret("site_password"), self.secret("new_site_password"))

    def _accept_terms(self, _question: AcceptTerms) -> bool:
        if not self.flag("accept_terms"):
            raise AnswerMissing("accept_terms")
        return True

    def _choose_card(self, question: ChooseCard) -> str | None:
        raise obstacle_of(question)

    def _choose_certificate(self, question: ChooseCertificate) -> KeyPlace:
        wanted = self.text("slot").upper()
        for held in question.certificates:
            if held.slot.label.upper() == wanted:
                return held.slot
        raise NoCertificate

    def _pin(self, question: AskPin) -> PinAnswer:
        """Once; again only where the card accepted it before: then it cannot cost a try.

        A PIN that was not given is typed on the reader where it has a keypad.
        """
        if self._pin_given and not question.accepted_before:
            raise question.error or AnswerMissing("pin")
        self._pin_given = True
        on_reader = question.pad and "pin" not in self._answers
        return PinAnswer(None if on_reader else self.secret("pin"), last_try=self.flag("last_try"))

    def _sign_out(self, _question: ConfirmSignOut) -> bool:
        return True


ANSWERS: dict[type[Question[Any]], Callable[[AnswersPrompts, Any], object]] = {
    AskSignIn: AnswersPrompts._sign_in,
    AskNewSitePassword: AnswersPrompts._new_site_password,
    AskSitePasswordChange: AnswersPrompts._site_password_change,
    AcceptTerms: AnswersPrompts._accept_terms,
    ChooseCard: AnswersPrompts._choose_card,
    ChooseCertificate: AnswersPrompts._choose_certificate,
    AskPin: AnswersPrompts._pin,
    ConfirmSignOut: AnswersPrompts._sign_out,
}


def _is_answer(item: tuple[str, object]) -> bool:
    name, value = item
    return name in NAMES and (isinstance(value, bool) or (isinstance(value, str) and _is_text(value)))


def _is_text(value: str) -> bool:
    """JSON can write half a character (a lone surrogate), which is no text."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def obstacle_of(question: ChooseCard) -> CardToolError:
    """Why no card could be taken without asking: the plainest reason that applies."""
    if question.error is not None:
        return question.error
    choices = [one for one in question.choices if question.reader in ("", one.overview.reader)]
    fitting = [choice for choice in choices if choice.obstacle is None]
    if fitting:
        return SeveralCards(len(fitting))
    with_card = [choice for choice in choices if choice.overview.kind != "empty"]
    for choice in [*with_card, *choices]:
        if choice.obstacle is not None:
            return choice.obstacle
    return NoReader()
