"""The only place where things are wired: which readers, which RA, which folders, which words."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from cardtool.config import Paths, Settings, load_settings
from cardtool.errors import ArgumentInvalid, CardToolError, PracticeNotReady
from cardtool.words import Words, detect_language

if TYPE_CHECKING:
    from cardtool.cards.desk import Desk, Wrap
    from cardtool.cli.options import Options
    from cardtool.cli.world import RawCard
    from cardtool.flows.journal import Journal
    from cardtool.pcsc.transport import ReaderHub
    from cardtool.pki.anchors import AnchorBook
    from cardtool.practice import PracticeAccount, PracticeWorld
    from cardtool.ra.client import RaClient
    from cardtool.store.secrets import SecretStore

SESSION = "ra-session"
TOUR = "practice-tour"
ALWAYS_PRACTICE = (TOUR, "practice-reset")
BACKSTAGE = "backstage"
"""Not for people: the window starts itself once more with it."""


class SystemClock:
    """Implements flows.ports.Clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class PracticeClock:
    """The practice RA's clock, which can be put forward; this computer's where it has not answered yet."""

    def __init__(self, ra: RaClient) -> None:
        self._ra = ra

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._ra.skew_seconds or 0.0)


class World:
    """Everything outside the flows, for one run of the program. Parts are made when first asked for.

    Heavy libraries (pyscard, cryptography, requests, keyring) are imported with the part that needs them.
    """

    def __init__(self, options: Options, settings: Settings, paths: Paths, words: Words) -> None:
        self.options = options
        self.settings = settings
        self.paths = paths
        self.words = words
        self._open = ExitStack()

    def close(self) -> None:
        self._open.close()

    @cached_property
    def practice(self) -> PracticeWorld:
        """Started. The tour's is made anew when it is damaged: nobody left anything in it."""
        world = self._new_practice()
        try:
            world.start()
        except PracticeNotReady:
            if self.options.command != TOUR:
                raise
            world.renew()
        return world

    def _new_practice(self) -> PracticeWorld:
        from cardtool.practice import PracticeWorld

        world = PracticeWorld(self.data)
        self._open.callback(world.stop)
        return world

    def renew_practice(self) -> None:
        self._new_practice().renew()

    def practice_person(self) -> tuple[str, str, str]:
        return self.person.account, self.person.password, self.person.pin

    @property
    def log_folder(self) -> Path:
        return self.paths.log

    @property
    def data(self) -> Path:
        """Where journal, roots and the like are; in practice beside the world that they belong to."""
        if not self.options.practice:
            return self.paths.data
        return self.paths.data / ("tour" if self.options.command == TOUR else "world")

    @cached_property
    def person(self) -> PracticeAccount:
        """Who practises, with the own cards in the readers."""
        person = self.practice.person(self.options.account, self.options.unit)
        names = (self.options.card,) if self.options.card else person.cards
        for number, name in enumerate(names, 1):
            self.practice.insert(name, number)
        return person

    @property
    def account(self) -> str:
        return self.person.account if self._practises else ""

    @property
    def _practises(self) -> bool:
        """The tour chooses for itself who applies."""
        return self.options.practice and self.options.command != TOUR

    def practice_answers(self) -> dict[str, str | bool]:
        """What a practice person who may still apply would answer; made anew when all have applied."""
        person = self._person_to_apply()
        if person is None:
            self.practice.renew()
            person = self._person_to_apply()
        assert person is not None, "a new practice world has people who may apply"
        return {
            "account": person.account,
            "site_password": person.password,
            "pin": person.pin,
            "accept_terms": True,
        }

    def _person_to_apply(self) -> PracticeAccount | None:
        for person in self.practice.people():
            self.practice.insert(person.cards[0])
            (card,) = self.desk.survey()
            if all(held.slot.label == "9E" for held in card.certificates):
                return person
        return None

    def adopt(self, settings: Settings) -> bool:
        """Work with these settings from now on; True if they name another RA. For the thread that owns the parts."""
        before, self.settings = self.settings, settings
        client = vars(self).get("ra")
        if client is not None and settings.language:
            client.language = settings.language
        if self.options.practice or settings.ra_url == before.ra_url:
            return False
        self.options = replace(self.options, ra="")  # chosen later than what the command line said
        if client is not None:
            client.close()
            del self.ra
        return True

    @property
    def language(self) -> str:
        """As chosen last."""
        return self.settings.language or self.words.language

    @property
    def unit(self) -> str:
        """The RA unit that is meant; empty until one was chosen."""
        practised = self.person.unit if self._practises else ""
        return self.options.unit or practised or self.settings.unit

    @cached_property
    def hub(self) -> ReaderHub:
        if self.options.command == TOUR:
            return self.practice.hub
        if self.options.practice:
            _ = self.person
            return self.practice.hub
        from cardtool.pcsc.scard import ScardHub

        return ScardHub()

    @cached_property
    def desk(self) -> Desk:
        from cardtool.cards.desk import Desk

        return Desk(self.hub, wrap=self._trace)

    @cached_property
    def _trace(self) -> Wrap | None:
        """Around every connection to a card, where --trace names a file. Raises FolderNotWritable."""
        if not self.options.trace:
            return None
        from cardtool.pcsc.tracefile import tracing

        return self._open.enter_context(tracing(Path(self.options.trace)))

    @cached_property
    def ra(self) -> RaClient:
        from cardtool.ra.client import RaClient

        url = self.practice.ra_url if self.options.practice else self.options.ra or self.settings.ra_url
        if not url:
            raise ArgumentInvalid("--ra")
        client = RaClient(url, language=self.words.language, token=self.secrets.get(f"{SESSION} {url}"))
        self._open.callback(client.close)
        return client

    @cached_property
    def clock(self) -> SystemClock | PracticeClock:
        return PracticeClock(self.ra) if self.options.practice else SystemClock()

    @cached_property
    def journal(self) -> Journal:
        from cardtool.flows.journal import Journal

        return Journal(self.data / "journal.json")

    @cached_property
    def anchors(self) -> AnchorBook:
        from cardtool.pki.anchors import AnchorBook

        return AnchorBook(self.data / "anchors.json")

    @cached_property
    def secrets(self) -> SecretStore:
        from cardtool.store.secrets import KeyringStore, PracticeStore

        if self.options.practice:
            return PracticeStore(self.data / "session.json")
        return KeyringStore("CardTool")

    def keep_session(self) -> bool:
        token = self.ra.token()
        if token is None:
            return False
        with token:
            return self.secrets.put(f"{SESSION} {self.ra.origin}", token)

    def drop_session(self) -> None:
        self.secrets.delete(f"{SESSION} {self.ra.origin}")

    @contextmanager
    def raw_card(self, reader: str) -> Iterator[RawCard]:
        from cardtool.cards.raw import open_raw_card

        with open_raw_card(self.hub, reader, self._trace) as card:
            yield card


@contextmanager
def wire(options: Options) -> Iterator[World]:
    """The world of one command. Raises FolderNotWritable, DiskFull."""
    paths = Paths.of_user(practice=options.practice)
    paths.make()
    settings = load_settings(paths.config).settings
    world = World(options, settings, paths, words_for(options, settings))
    try:
        yield world
    finally:
        world.close()


def words_for(options: Options, settings: Settings | None = None) -> Words:
    chosen = settings.language if settings else ""
    return Words(options.lang or chosen or detect_language())


def main(arguments: list[str] | None = None) -> int:
    """``cardtool``: a command in the terminal, or the window. Returns the exit status."""
    from cardtool.cli.options import is_for_terminal

    typed = sys.argv[1:] if arguments is None else arguments
    if typed[:1] == [BACKSTAGE]:
        return _backstage(typed[1:])
    return _command(typed) if is_for_terminal(typed) else _window(typed)


def _command(typed: list[str]) -> int:
    from cardtool.cli.main import run_command, usage_failed
    from cardtool.cli.options import parse

    try:
        options = parse(typed)
    except CardToolError as error:
        return usage_failed(error, Words(detect_language()), as_json="--json" in typed)
    if options.command == "personalise":
        return _personalise()
    if options.command in ALWAYS_PRACTICE:
        options = replace(options, practice=True)
    paths = Paths.of_user(practice=options.practice)
    settings = load_settings(paths.config).settings
    with _logging(paths, settings):
        return run_command(options, words_for(options, settings), wire, paths.cache)


@contextmanager
def _logging(paths: Paths, settings: Settings, name: str = "") -> Iterator[None]:
    """The log file, where it can be written; whatever nobody caught goes there, without its text."""
    from cardtool.log import FILE_NAME, log_uncaught, start_logging, stop_logging

    log_uncaught()
    try:
        paths.make()
        handler = start_logging(paths.log, settings.log_level, name or FILE_NAME)
    except CardToolError:  # the command will say what is wrong with the folders
        yield
        return
    try:
        yield
    finally:
        stop_logging(handler)


def _window(typed: list[str]) -> int:
    """First paint comes before anything heavy is imported: see desktop.services."""
    gc.disable()  # an eighth of the start, and there is no garbage yet; ui.run ends it after the first paint
    from cardtool.cli.options import parse_window

    try:
        options = parse_window(typed)
    except CardToolError as error:
        from cardtool.cli.main import usage_failed

        return usage_failed(error, Words(detect_language()))
    paths = Paths.of_user(practice=options.practice)
    settings = load_settings(paths.config).settings
    try:
        paths.make()
    except CardToolError as error:
        from cardtool.ui.run import refuse

        language = words_for(options, settings).language
        return refuse(error, Words, settings, language=language, practice=options.practice)
    return _open(options, paths, settings, own_command(BACKSTAGE, *typed))


def _open(options: Options, paths: Paths, settings: Settings, backstage: list[str]) -> int:
    from cardtool.desktop.services import FrontOfHouse
    from cardtool.desktop.settings import SettingsBook
    from cardtool.ui.lean import import_pyside

    import_pyside()  # before anything below imports it in its own way
    from cardtool.ui.run import run

    start_practice = None if options.practice else _start_practice
    front = FrontOfHouse(backstage, SettingsBook(settings, paths.config), paths.log, start_practice)
    with ExitStack() as kept:
        kept.callback(front.close)
        log = partial(kept.enter_context, _logging(paths, settings))
        language = words_for(options, settings).language
        return run(front.services(), language=language, practice=options.practice, painted=log)


def own_command(*arguments: str) -> list[str]:
    """This program, started once more."""
    own = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "cardtool"]
    return [*own, *arguments]


def _start_practice() -> None:
    """Practice mode is a program of its own beside this one: nothing real is open in it."""
    import subprocess

    subprocess.Popen(own_command("--practice"))  # noqa: S603 - our own program, no shell


def _backstage(typed: list[str]) -> int:
    """The child of a window that was started with these arguments: see desktop.backstage."""
    import signal

    from cardtool.cli.options import parse_window
    from cardtool.desktop.backstage import Backstage, note_unit, own_pipe
    from cardtool.desktop.stage import WorldStage
    from cardtool.log import BACKSTAGE_FILE

    pipe = own_pipe()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is the window's: we end with it
    options = parse_window(typed)
    with wire(options) as world, _logging(world.paths, world.settings, BACKSTAGE_FILE):
        Backstage(pipe, WorldStage(world, partial(note_unit, pipe))).serve()
    return 0


def _personalise() -> int:
    """The child of ``cardtool-ra``: speaks JSON lines with it until its standard input ends."""
    from cardtool.pcsc.scard import ScardHub
    from cardtool.personaliser import Personaliser

    Personaliser(sys.stdin, sys.stdout, ScardHub).serve()
    return 0
