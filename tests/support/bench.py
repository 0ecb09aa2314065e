"""A person at a computer with readers, cards and an RA, for the tests of flows: everything that happens is noted.

The RA is the real one, reached without a socket; cards are software cards. What a test wants to go wrong it
says beforehand: answers of the person by page, answers of the RA that are spoilt, hands at the reader.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, TypeVar

import requests
from urllib3 import HTTPResponse

from cardtool.cards.desk import Desk
from cardtool.errors import CardToolError, CardWasReset
from cardtool.flows.context import Context, Ports
from cardtool.flows.engine import Flow, run
from cardtool.flows.journal import Journal
from cardtool.flows.ports import Act, PinOnReader, Question
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
from cardtool.pcsc.apdu import INS, Command
from cardtool.pcsc.decorator import ConnectionDecorator
from cardtool.pcsc.transport import Connection, ReaderState
from cardtool.pcsc.virtual.piv import VirtualPivCard, codec
from cardtool.pcsc.virtual.reader import VirtualHub
from cardtool.pki.anchors import AnchorBook
from cardtool.secret import Secret
from tests.support.acts import Acts
from tests.support.office import Office
from tests.support.pad import Pad
from tests.support.template import ACCOUNT, PASSWORD, PIN, Template

READER = "Reader"
SECOND = "Second reader"
NEW_PASSWORD = "fresh4321"
MOST_QUESTIONS = 25
CARD_GONE = 0
"""Stands for the status word that never came."""

Answer = Any
Prepared = TypeVar("Prepared")
Spoil = Callable[[requests.PreparedRequest, HTTPResponse], HTTPResponse]


@dataclass(frozen=True)
class Asked:
    question: Question[Any]


@dataclass(frozen=True)
class Sent:
    """One APDU. ``connection`` numbers the connections; it ends with a reset or a disconnect."""

    connection: int
    command: Command
    sw: int

    @property
    def presents_pin(self) -> bool:
        return self.command.ins == INS.VERIFY and bool(self.command.data)


@dataclass(frozen=True)
class Called:
    """One HTTP exchange, e.g. ``POST /orders``."""

    name: str
    status: int


class Bench:
    """``says`` and ``spoil`` prepare, ``run`` runs a flow, ``log`` tells what happened in order."""

    def __init__(self, template: Template, folder: Path) -> None:
        self.template = template
        self.folder = folder
        self.log: list[Asked | Sent | Called | PinOnReader] = []
        self.office = _NotingOffice(template.settings(folder / "ra").data, self)
        self.hub = VirtualHub(patience=0.1)
        self.hub.plug(READER)
        self.card = VirtualPivCard(codec.decode(template.card))
        self.other = VirtualPivCard(codec.decode(template.other))
        self.hub.insert(READER, self.card)
        self.client = self.office.client(Acts())
        self.answers: dict[str, list[Answer]] = defaultdict(list)
        self.spoils: list[tuple[str, Spoil]] = []
        self.refusals: list[tuple[str, Callable[[], HTTPResponse]]] = []
        self.answers_to_lose: list[INS] = []
        self.apdu_spoils: list[tuple[INS, bytes]] = []
        self.cancelled = False
        self.reader_asked: list[PinOnReader | None] = []
        self.clock_off_by = timedelta()
        self.before_act: dict[str, Callable[[], None]] = {}
        self.noting_hub = _NotingHub(self)
        self.ports = Ports(
            prompts=self,
            progress=self,
            cancel=self,
            clock=self,
            desk=Desk(self.noting_hub, sleep=lambda _seconds: None),
            journal=Journal(folder / "journal.json"),
            ra=self.client,
            anchors=AnchorBook(folder / "anchors.json"),
        )

    def close(self) -> None:
        self.client.close()
        self.office.stop()

    # --- what a test prepares -----------------------------------------------------------------

    def says(self, page: str, *answers: Answer) -> None:
        """What the person answers on that page, in turn; then the usual answer again.

        An exception is raised; a function is called with the question first.
        """
        self.answers[page] += answers

    def spoil(self, exchange: str, how: Spoil, times: int = 1) -> None:
        """The next exchanges whose ``METHOD /path`` matches (a regular expression) end as ``how`` says."""
        self.spoils += [(exchange, how)] * times

    def refuse(self, exchange: str, answer: Callable[[], HTTPResponse]) -> None:
        """The next such exchange is answered with this, and does not happen."""
        self.refusals.append((exchange, answer))

    def spoil_apdu(self, ins: INS, answer: bytes) -> None:
        """The card answers the next such command that has data with this, and does nothing."""
        self.apdu_spoils.append((ins, answer))

    def lose_answer(self, ins: INS) -> None:
        """The card does the next such command that has data, then another program resets it."""
        self.answers_to_lose.append(ins)

    def with_pad(self, *typed: str | int) -> list[str | int]:
        """From now on the readers have keypads, on which this is typed in turn; what is left of it."""
        left = list(typed)
        desk = Desk(self.noting_hub, wrap=lambda inner: Pad(inner, left), sleep=lambda _seconds: None)
        self.ports = replace(self.ports, desk=desk)
        return left

    def run(self, flow: Flow[Any], context: Context) -> CardToolError | None:
        """How it ended: None is well."""
        try:
            run(flow, context)
        except CardToolError as error:
            return error
        return None

    # --- what a test looks at -----------------------------------------------------------------

    def asked(self, page: str = "") -> list[Question[Any]]:
        questions = [event.question for event in self.log if isinstance(event, Asked)]
        return [question for question in questions if page in ("", question.page)]

    def pages(self) -> list[str]:
        return [question.page for question in self.asked()]

    def errors(self, page: str) -> list[CardToolError | None]:
        return [question.error for question in self.asked(page)]

    def codes(self, page: str) -> list[str]:
        """Why that page was asked each time, '' for no error."""
        return [error.code if error else "" for error in self.errors(page)]

    def sent(self, ins: INS | None = None) -> list[Sent]:
        apdus = [event for event in self.log if isinstance(event, Sent)]
        return [apdu for apdu in apdus if ins in (None, apdu.command.ins)]

    def called(self, name: str) -> list[Called]:
        return [event for event in self.log if isinstance(event, Called) and re.fullmatch(name, event.name)]

    def pins_presented(self) -> int:
        return sum(apdu.presents_pin for apdu in self.sent())

    def wrote(self) -> bool:
        """Whether anything was written to a card, or a key made."""
        writing = (INS.PUT_DATA, INS.GENERATE_ASYMMETRIC_KEY_PAIR, INS.CHANGE_REFERENCE_DATA)
        return any(self.sent(ins) for ins in writing)

    def tries_left(self) -> int:
        return self.card.state.pin.tries

    def check_pin_discipline(self) -> None:
        """Spec 3.6: one VERIFY that can fail for each submit; a repetition only right before 9C signs."""
        for submit in self._submits():
            first, *again = [place for place, apdu in enumerate(submit) if apdu.presents_pin] or [None]
            assert first is not None or not again
            assert len(again) <= 3, "the PIN was sent again too often"
            for place in again:
                before, now = submit[first], submit[place]
                assert now.connection == before.connection, "another transaction"
                assert now.command.data == before.command.data, "another value"
                assert before.sw == 0x9000, "after a failure"
                assert now.sw == CARD_GONE or _signs_in_9c(submit[place + 1]), "and then did not sign"

    def _submits(self) -> Iterable[list[Sent]]:
        """The APDUs after each PIN question and each PIN wanted on the reader; none presents a PIN before."""
        submits: list[list[Sent]] = [[]]
        for event in self.log:
            by_question = isinstance(event, Asked) and isinstance(event.question, AskPin)
            if by_question or isinstance(event, PinOnReader):
                submits.append([])
            elif isinstance(event, Sent):
                submits[-1].append(event)
        assert not any(apdu.presents_pin for apdu in submits[0]), "a PIN that nobody was asked for"
        return submits[1:]

    # --- ports --------------------------------------------------------------------------------

    def ask(self, question: Question[Any]) -> Answer:
        self.log.append(Asked(question))
        assert len(self.asked()) <= MOST_QUESTIONS, f"asked for ever: {self.pages()}"
        waiting = self.answers[question.page]
        answer = waiting.pop(0) if waiting else usual_answer(question)
        if callable(answer):
            answer = answer(question)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def pin_on_reader(self, wanted: PinOnReader | None) -> None:
        self.reader_asked.append(wanted)
        if wanted is not None:
            self.log.append(wanted)

    def planned(self, acts: Sequence[Act]) -> None: ...

    def started(self, act: Act) -> None:
        self.before_act.pop(act.name, lambda: None)()

    def finished(self, act: Act, *, skipped: bool) -> None: ...

    def requested(self) -> bool:
        return self.cancelled

    def now(self) -> datetime:
        """This computer's clock: the RA's, unless a test puts it wrong."""
        return self.office.now() + self.clock_off_by


def usual_answer(question: Question[Any]) -> Answer:
    """What the rightful customer says who does everything right."""
    if isinstance(question, AskSignIn):
        solved = question.captcha.demo_answer or "" if question.captcha else ""
        return SignInAnswer(question.unit, ACCOUNT, Secret(PASSWORD), solved)
    usual: dict[type, Callable[[], Answer]] = {
        AskNewSitePassword: lambda: Secret(NEW_PASSWORD),
        AskSitePasswordChange: lambda: SitePasswordChange(Secret(PASSWORD), Secret(NEW_PASSWORD)),
        AcceptTerms: lambda: True,
        AskPin: lambda: pin(PIN),
        ConfirmSignOut: lambda: True,
    }
    assert not isinstance(question, ChooseCard | ChooseCertificate), f"nobody said what to choose: {question}"
    return usual[type(question)]()


def pin(value: str, *, last_try: bool = False) -> PinAnswer:
    return PinAnswer(Secret(value), last_try=last_try)


def sign_in(question: AskSignIn, **other: Any) -> SignInAnswer:
    """The usual answer with something else in it."""
    usual = usual_answer(question)
    values = {name: getattr(usual, name) for name in ("unit", "account", "password", "captcha")}
    return SignInAnswer(**{**values, **other})


def _signs_in_9c(apdu: Sent) -> bool:
    return (apdu.command.ins, apdu.command.p2) == (INS.GENERAL_AUTHENTICATE, 0x9C)


class _NotingOffice(Office):
    """The RA; its clock is told in the Date header, as the real server does."""

    def __init__(self, folder: Path, bench: Bench) -> None:
        super().__init__(folder)
        self._bench = bench

    def now(self) -> datetime:
        with self.ra.act(write=False) as act:
            return act.now

    def answer(self, request: requests.PreparedRequest) -> HTTPResponse:
        name = f"{request.method} {request.path_url.split('?')[0].removeprefix('/api/v1')}"
        refusal = _take(self._bench.refusals, name)
        answer = refusal() if refusal else super().answer(request)
        answer.headers["Date"] = format_datetime(self.now(), usegmt=True)
        self._bench.log.append(Called(name, answer.status))
        how = _take(self._bench.spoils, name)
        return how(request, answer) if how else answer


def _take(waiting: list[tuple[str, Prepared]], name: str) -> Prepared | None:
    """The first that was prepared for this exchange; it happens once."""
    for place, (exchange, prepared) in enumerate(waiting):
        if re.fullmatch(exchange, name):
            del waiting[place]
            return prepared
    return None


class _NotingHub:
    """Implements ReaderHub over the bench's hub."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._connections = 0

    def readers(self) -> Sequence[ReaderState]:
        return self._bench.hub.readers()

    def connect(self, reader: str) -> Connection:
        self._connections += 1
        return _NotingConnection(self._bench.hub.connect(reader), self._bench, self._connections)

    def wait_for_change(self, known: Sequence[ReaderState], timeout: float) -> bool:
        return self._bench.hub.wait_for_change(known, timeout)

    def interrupt(self) -> None:
        self._bench.hub.interrupt()


class _NotingConnection(ConnectionDecorator):
    def __init__(self, inner: Connection, bench: Bench, number: int) -> None:
        super().__init__(inner)
        self._bench = bench
        self._number = number

    def transmit(self, command: bytes) -> bytes:
        try:
            answer = self._spoilt(Command.parse(command)) or self._inner.transmit(command)
        except CardToolError:
            self._bench.log.append(Sent(self._number, Command.parse(command), CARD_GONE))
            raise
        self._lose(Command.parse(command))
        sw = int.from_bytes(answer[-2:], "big")
        self._bench.log.append(Sent(self._number, Command.parse(command), sw))
        return answer

    def _lose(self, command: Command) -> None:
        if command.ins in self._bench.answers_to_lose and command.data:
            self._bench.answers_to_lose.remove(INS(command.ins))
            self._bench.log.append(Sent(self._number, command, CARD_GONE))
            self._bench.hub.reset_by_other(self.reader)
            raise CardWasReset

    def _spoilt(self, command: Command) -> bytes:
        for place, (ins, answer) in enumerate(self._bench.apdu_spoils):
            if command.ins == ins and command.data:
                del self._bench.apdu_spoils[place]
                return answer
        return b""
