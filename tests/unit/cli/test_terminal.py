"""Questions on the terminal: what is asked, in both languages, and how a person leaves."""

from __future__ import annotations

import getpass
import io
import os
import pty
import select
import signal
import sys
import termios
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cardtool.cards.overview import CardOverview
from cardtool.cards.pin import PinStatus
from cardtool.cli.terminal import TerminalPrompts
from cardtool.errors import AnswerMissing, Cancelled, LastTry, NoCard, WrongPin, WrongSitePassword
from cardtool.flows.ports import Back
from cardtool.flows.questions import (
    AcceptTerms,
    AskNewSitePassword,
    AskPin,
    AskSignIn,
    AskSitePasswordChange,
    CardChoice,
    ChooseCard,
    ConfirmSignOut,
)
from cardtool.ra.wire import Captcha, UnitInfo
from cardtool.words import LANGUAGES, Words
from tests.unit.cli.samples import ACCOUNT, CAPTCHA, RULE, TERMS, UNIT, UNITS

CARD = CardOverview("Reader [x]", "piv", serial=7, pin=PinStatus(verified=False, tries_left=2))
EMPTY = CardOverview("Second", "empty")


class Tty:
    """A person who types ``lines`` where they are seen and ``secrets`` where they are not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, language: str = "en") -> None:
        self.lines: list[str] = []
        self.secrets: list[str] = []
        self.prompts: list[str] = []
        self.out = io.StringIO()
        self.words = Words(language, strict=True)
        self.console = Console(file=self.out, width=100, highlight=False, soft_wrap=True)
        self.asks = TerminalPrompts(self.console, self.words, folder)
        monkeypatch.setattr("builtins.input", lambda *_: self._next(self.lines))
        monkeypatch.setattr(getpass, "getpass", self._unseen)

    def _unseen(self, prompt: str) -> str:
        self.prompts.append(prompt)
        return self._next(self.secrets)

    @staticmethod
    def _next(typed: list[str]) -> str:
        if not typed:
            raise EOFError
        return typed.pop(0)

    @property
    def shown(self) -> str:
        return self.out.getvalue()


@pytest.fixture(params=LANGUAGES)
def tty(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Tty:
    return Tty(monkeypatch, tmp_path, request.param)


def sign_in_to(units: tuple[UnitInfo, ...], captcha: Captcha | None = None, **more: Any) -> AskSignIn:
    return AskSignIn(units=units, unit=units[0].id, captcha=captcha, **more)


class TestSignIn:
    def test_name_and_password(self, tty: Tty):
        tty.lines, tty.secrets = ["A1"], ["abcd1234"]
        answer = tty.asks.ask(sign_in_to((UNIT,)))
        assert (answer.account, answer.password.text(), answer.unit) == ("A1", "abcd1234", UNIT.id)
        assert tty.words.page("SGN-1").title in tty.shown
        assert "SGN-1" in tty.shown
        assert "abcd1234" not in tty.shown

    def test_nothing_typed_is_asked_again(self, tty: Tty):
        tty.lines, tty.secrets = ["", "  ", "A1"], ["", "abcd1234"]
        assert tty.asks.ask(sign_in_to((UNIT,))).password.text() == "abcd1234"

    def test_a_unit_is_chosen_once(self, tty: Tty):
        tty.lines, tty.secrets = ["2", "A1"], ["abcd1234"]
        assert tty.asks.ask(sign_in_to(UNITS)).unit == UNITS[1].id
        question = AskSignIn(units=UNITS, unit=UNITS[1].id, account="")
        assert tty.asks.ask(question).account == "A1"

    def test_after_an_error_the_name_may_be_corrected(self, tty: Tty):
        tty.lines, tty.secrets = ["B2"], ["abcd1234"]
        question = sign_in_to((UNIT,), account="A1", error=WrongSitePassword(2))
        assert tty.asks.ask(question).account == "B2"
        assert "R201" in tty.shown
        assert "A1" in tty.shown

    def test_or_kept_by_enter(self, tty: Tty):
        tty.lines, tty.secrets = [""], ["abcd1234"]
        assert tty.asks.ask(sign_in_to((UNIT,), account="A1", error=WrongSitePassword(2))).account == "A1"

    def test_a_captcha_with_another_picture_and_sound(self, tty: Tty, tmp_path: Path):
        tty.lines, tty.secrets = ["A1", "!", "12345"], ["abcd1234"]
        answer = tty.asks.ask(sign_in_to((UNIT,), CAPTCHA))
        assert answer.captcha == "12345"
        assert (tmp_path / "captcha.wav").read_bytes() == CAPTCHA.audio_wav
        tty.lines = ["A1", "?"]
        assert tty.asks.ask(sign_in_to((UNIT,), CAPTCHA)).new_captcha

    def test_back(self, tty: Tty):
        tty.lines = ["<"]
        with pytest.raises(Back):
            tty.asks.ask(sign_in_to((UNIT,)))


class TestPin:
    def test_the_tries_left_stand_beside_it(self, tty: Tty):
        tty.secrets = ["246813"]
        answer = tty.asks.ask(AskPin(page="APC-3", card=CARD, tries_left=2))
        assert (answer.pin.text(), answer.last_try) == ("246813", False)
        assert tty.prompts == [tty.words.text("cli.ask_pin", count=2)]
        assert "Reader [x]" in tty.shown

    def test_the_last_try_is_confirmed_first(self, tty: Tty):
        tty.lines, tty.secrets = ["perhaps", tty.words.text("cli.yes")], ["246813"]
        assert tty.asks.ask(AskPin(page="APC-3", card=CARD, tries_left=1)).last_try

    def test_on_a_reader_with_a_keypad_nothing_is_typed_here(self, tty: Tty):
        assert tty.asks.ask(AskPin(page="APC-3", card=CARD, tries_left=2, pad=True)).pin is None
        assert tty.prompts == []

    @pytest.mark.parametrize("tries", [1, None])
    def test_no_leaves_it_unused(self, tty: Tty, tries: int | None):
        tty.lines = [tty.words.text("cli.no")]
        with pytest.raises(Cancelled):
            tty.asks.ask(AskPin(page="APC-3", card=CARD, tries_left=tries, error=LastTry()))
        assert tty.prompts == []

    def test_an_error_is_said_before_it_is_asked_again(self, tty: Tty):
        tty.secrets = ["246813"]
        tty.asks.ask(AskPin(page="APC-3", card=CARD, tries_left=2, error=WrongPin(2)))
        assert tty.words.error(WrongPin(2)).title in tty.shown
        assert "C201" in tty.shown

    def test_back(self, tty: Tty):
        tty.secrets = ["<"]
        with pytest.raises(Back):
            tty.asks.ask(AskPin(page="APC-3", card=CARD, tries_left=2))


class TestCards:
    def choose(self, *choices: CardChoice) -> ChooseCard:
        return ChooseCard(page="APC-2", choices=choices)

    def test_by_number(self, tty: Tty):
        tty.lines = ["1"]
        assert tty.asks.ask(self.choose(CardChoice(CARD), CardChoice(EMPTY, NoCard()))) == CARD.reader
        assert tty.words.error(NoCard()).title in tty.shown

    @pytest.mark.parametrize("typed", ["", "9", "0", "x", "²"])
    def test_anything_else_looks_again(self, tty: Tty, typed: str):
        tty.lines = [typed]
        assert tty.asks.ask(self.choose(CardChoice(EMPTY, NoCard()))) is None
        assert tty.words.error(NoCard()).advice in tty.shown

    def test_without_readers_it_says_so(self, tty: Tty):
        tty.lines = [""]
        assert tty.asks.ask(self.choose()) is None
        assert "L103" in tty.shown


class TestOthers:
    def test_terms(self, tty: Tty):
        question = AcceptTerms(account=ACCOUNT, unit=UNIT, terms=TERMS)
        tty.lines = [tty.words.text("cli.yes")]
        assert tty.asks.ask(question)
        tty.lines = [tty.words.text("cli.no")]
        assert not tty.asks.ask(question)
        assert "Be good" in tty.shown
        assert ACCOUNT.holder in tty.shown

    def test_a_new_site_password_is_typed_twice_alike(self, tty: Tty):
        tty.secrets = ["abcd1234", "abcd1235", "abcd1234", "abcd1234"]
        assert tty.asks.ask(AskNewSitePassword(rule=RULE)).text() == "abcd1234"
        assert tty.words.text("cli.repeat_differs") in tty.shown
        assert tty.words.text("rule.digit") in tty.shown

    def test_a_change(self, tty: Tty):
        tty.secrets = ["old12345", "new12345", "new12345"]
        change = tty.asks.ask(AskSitePasswordChange(rule=RULE))
        assert (change.old.text(), change.new.text()) == ("old12345", "new12345")

    def test_signing_out(self, tty: Tty):
        tty.lines = [tty.words.text("cli.yes").upper()]
        assert tty.asks.ask(ConfirmSignOut(account="A1"))

    def test_the_end_of_input_leaves(self, tty: Tty):
        with pytest.raises(Cancelled):
            tty.asks.ask(ConfirmSignOut(account="A1"))

    def test_what_cannot_be_hidden_is_not_typed(self, tty: Tty, monkeypatch: pytest.MonkeyPatch):
        """getpass falls back to a visible line where there is no terminal; we do not."""

        def no_terminal(_prompt: str) -> str:
            warnings.warn("Can not control echo", getpass.GetPassWarning, stacklevel=2)
            return "246813"

        monkeypatch.setattr(getpass, "getpass", no_terminal)
        with pytest.raises(AnswerMissing) as missing:
            tty.asks.ask(AskPin(page="APC-3", card=CARD, tries_left=2))
        assert missing.value.name == "pin"


LOCAL_FLAGS = 3
"""Place in termios.tcgetattr's list."""

ASKER = """
import sys
from pathlib import Path
from rich.console import Console
from cardtool.cards.overview import CardOverview
from cardtool.cli.progress import InterruptCancel
from cardtool.cli.terminal import TerminalPrompts
from cardtool.errors import Cancelled
from cardtool.flows.questions import AskPin
from cardtool.words import Words
cancel = InterruptCancel()
prompts = TerminalPrompts(Console(stderr=True), Words("en"), Path("."), cancel.asking)
with cancel.listening():
    try:
        answer = prompts.ask(AskPin(page="APC-3", card=CardOverview("R", "piv"), tries_left=3))
        print(f"typed {len(answer.pin)} characters")
    except Cancelled:
        print("cancelled")
"""


class Terminal:
    """A real terminal with a real program at it."""

    def __init__(self) -> None:
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            os.execv(sys.executable, [sys.executable, "-c", ASKER])
        self.shown = ""

    def wait_for(self, text: str, seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.shown:
            ready, _, _ = select.select([self._file], [], [], deadline - time.monotonic())
            assert ready, f"never came: {text!r}, only {self.shown!r}"
            self.shown += os.read(self._file, 4096).decode()

    def wait_for_question(self, seconds: float = 30.0) -> None:
        """The echo is switched off after the prompt's first byte."""
        self.wait_for("3 tries left")
        deadline = time.monotonic() + seconds
        while termios.tcgetattr(self._file)[LOCAL_FLAGS] & termios.ECHO:
            assert time.monotonic() < deadline, "what is typed would be seen"
            time.sleep(0.01)

    def type(self, raw: bytes) -> None:
        os.write(self._file, raw)

    def close(self) -> None:
        os.close(self._file)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    terminal.close()


def test_a_pin_typed_at_a_real_terminal_is_not_shown(terminal: Terminal):
    terminal.wait_for_question()
    terminal.type(b"246813\n")
    terminal.wait_for("typed 6 characters")
    assert "246813" not in terminal.shown


@pytest.mark.parametrize("key", [b"\x03", b"\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_one_key_leaves_a_question(terminal: Terminal, key: bytes):
    terminal.wait_for_question()
    terminal.type(key)
    terminal.wait_for("cancelled")
