"""Prompts on the terminal. Secrets are typed unseen and never come from anywhere else here."""

from __future__ import annotations

import getpass
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, TypeVar, cast

from rich.console import Console
from rich.markdown import Markdown

from cardtool.cards.overview import KeyPlace
from cardtool.cli.answers import obstacle_of
from cardtool.cli.captcha import save_sound, show_image
from cardtool.cli.words import card_line, certificate_line, show_error
from cardtool.errors import AnswerMissing, Cancelled, LastTry
from cardtool.flows.ports import Back, Question
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
from cardtool.ra.wire import SitePasswordRule
from cardtool.secret import Secret
from cardtool.words import Words

Answer = TypeVar("Answer")
ANOTHER_IMAGE = "?"
SOUND = "!"
GO_BACK = "<"
ANSWER_OF = {
    "ask_site_password": "site_password",
    "ask_new_password": "new_site_password",
    "ask_repeat_password": "new_site_password",
    "ask_pin": "pin",
}
RULE_PARTS = ("letter", "upper", "lower", "digit")


class TerminalPrompts:
    """Implements flows.ports.Prompts for a person at a terminal."""

    def __init__(
        self,
        console: Console,
        words: Words,
        sound_folder: Path,
        asking: Callable[[], AbstractContextManager[None]] = nullcontext,
        *,
        accept_terms: bool = False,
    ) -> None:
        """``asking`` is entered while a person is asked."""
        self._console = console
        self._words = words
        self._sound_folder = sound_folder
        self._asking = asking
        self._accept_terms = accept_terms
        self._unit_chosen = False

    def ask(self, question: Question[Answer]) -> Answer:
        if question.error is not None:
            show_error(self._console, self._words, question.error)
        page = self._words.page(question.page)
        self._console.print(f"\n[bold]{page.title}[/bold]  [dim]{question.page}[/dim]", highlight=False)
        try:
            with self._asking():
                return cast(Answer, ASKED[type(question)](self, question))
        except (EOFError, KeyboardInterrupt):
            raise Cancelled from None

    def _line(self, key: str, default: str = "") -> str:
        shown = f"{self._words.text(f'cli.{key}')}{f'[{default}] ' if default else ''}"
        answer = self._console.input(shown, markup=False).strip()
        if answer == GO_BACK:
            raise Back
        return answer or default

    def _required(self, key: str, default: str = "") -> str:
        while not (answer := self._line(key, default)):
            pass
        return answer

    def _secret(self, key: str, **values: int | None) -> Secret:
        """Typed unseen. Raises AnswerMissing where there is no terminal that can hide it."""
        while True:
            with warnings.catch_warnings():
                warnings.simplefilter("error", getpass.GetPassWarning)
                try:
                    typed = getpass.getpass(self._words.text(f"cli.{key}", **values))
                except getpass.GetPassWarning:
                    raise AnswerMissing(ANSWER_OF[key]) from None
            if typed == GO_BACK:
                raise Back
            if typed:
                return Secret(typed)

    def _yes(self, key: str) -> bool:
        yes, no = self._words.text("cli.yes"), self._words.text("cli.no")
        while True:
            answer = self._line(key).casefold()
            if answer in (yes.casefold(), no.casefold()):
                return answer == yes.casefold()

    def _twice(self, key: str) -> Secret:
        while True:
            first, again = self._secret(key), self._secret("ask_repeat_password")
            with again:
                if first == again:
                    return first
            first.wipe()
            self._say("repeat_differs", style="yellow")

    def _number(self, key: str, most: int) -> int | None:
        """A number from 1 to ``most`` as typed; None for anything else."""
        answer = self._line(key)
        return int(answer) if answer.isdecimal() and 1 <= int(answer) <= most else None

    def _say(self, key: str, style: str = "", **values: str) -> None:
        self._console.print(
            self._words.text(f"cli.{key}", **values), style=style, markup=False, highlight=False
        )

    def _sign_in(self, question: AskSignIn) -> SignInAnswer:
        unit = question.unit if question.fixed_account else self._unit(question)
        if unit != question.unit:
            return SignInAnswer(unit, question.account, Secret(""))
        account = question.account
        if not account or (question.error is not None and not question.fixed_account):
            account = self._required("choose_account", account)
        captcha = self._captcha(question)
        if captcha == ANOTHER_IMAGE:
            return SignInAnswer(unit, account, Secret(""), new_captcha=True)
        return SignInAnswer(unit, account, self._secret("ask_site_password"), captcha)

    def _unit(self, question: AskSignIn) -> str:
        """Asked once: with one unit, or after it was chosen, there is nothing to ask."""
        if len(question.units) == 1 or self._unit_chosen:
            return question.unit
        for number, unit in enumerate(question.units, 1):
            self._console.print(f"  {number}  {unit.names.in_language(self._words.language)}", markup=False)
        number_chosen = self._number("choose_unit", len(question.units))
        self._unit_chosen = number_chosen is not None
        return question.units[number_chosen - 1].id if number_chosen else question.unit

    def _captcha(self, question: AskSignIn) -> str:
        if question.captcha is None:
            return ""
        show_image(self._console, question.captcha.image_png)
        self._say("captcha_help", style="dim")
        while True:
            answer = self._required("ask_captcha")
            if answer != SOUND:
                return answer
            path = save_sound(self._sound_folder, question.captcha.audio_wav)
            self._say("sound_saved", path=str(path))

    def _new_site_password(self, question: AskNewSitePassword) -> Secret:
        self._rule(question.rule)
        return self._twice("ask_new_password")

    def _site_password_change(self, question: AskSitePasswordChange) -> SitePasswordChange:
        self._rule(question.rule)
        return SitePasswordChange(self._secret("ask_site_password"), self._twice("ask_new_password"))

    def _rule(self, rule: SitePasswordRule) -> None:
        parts = [self._words.text("rule.minimum_maximum", minimum=rule.minimum, maximum=rule.maximum)]
        parts += [self._words.text(f"rule.{name}") for name in RULE_PARTS if getattr(rule, name)]
        parts += [] if rule.symbols else [self._words.text("rule.no_symbols")]
        for part in parts:
            self._console.print(f"  · {part}", markup=False)

    def _terms(self, question: AcceptTerms) -> bool:
        account = question.account
        known = (account.holder, account.identifier, account.email, account.phone)
        self._console.print(" · ".join(part for part in known if part), markup=False)
        self._console.print(Markdown(question.terms.text))
        return self._accept_terms or self._yes("ask_terms")

    def _choose_card(self, question: ChooseCard) -> str | None:
        for number, choice in enumerate(question.choices, 1):
            self._console.print(f"  {number}  {card_line(self._words, choice.overview)}", markup=False)
            if choice.obstacle is not None:
                self._console.print(f"     {self._words.error(choice.obstacle).title}", style="yellow")
        if all(choice.obstacle for choice in question.choices):
            show_error(self._console, self._words, obstacle_of(question))
        chosen = self._number("choose_reader", len(question.choices))
        return question.choices[chosen - 1].overview.reader if chosen else None

    def _choose_certificate(self, question: ChooseCertificate) -> KeyPlace:
        while True:
            for number, held in enumerate(question.certificates, 1):
                line = f"  {number}  {held.slot.label}  {certificate_line(self._words, held.der)}"
                self._console.print(line, markup=False)
            chosen = self._number("choose_certificate", len(question.certificates))
            if chosen:
                return question.certificates[chosen - 1].slot

    def _pin(self, question: AskPin) -> PinAnswer:
        self._console.print(card_line(self._words, question.card), markup=False)
        tries = question.tries_left
        last_try = tries == 1 or isinstance(question.error, LastTry)
        if last_try and not self._yes("ask_last_try"):
            raise Cancelled
        pin = None if question.pad else self._secret("ask_pin", count=tries)
        return PinAnswer(pin, last_try=last_try)

    def _sign_out(self, _question: ConfirmSignOut) -> bool:
        return self._yes("ask_sign_out")


ASKED: dict[type[Question[Any]], Callable[[TerminalPrompts, Any], object]] = {
    AskSignIn: TerminalPrompts._sign_in,
    AskNewSitePassword: TerminalPrompts._new_site_password,
    AskSitePasswordChange: TerminalPrompts._site_password_change,
    AcceptTerms: TerminalPrompts._terms,
    ChooseCard: TerminalPrompts._choose_card,
    ChooseCertificate: TerminalPrompts._choose_certificate,
    AskPin: TerminalPrompts._pin,
    ConfirmSignOut: TerminalPrompts._sign_out,
}
