"""Runs one command: options → world → flow → answer, and the exit status that scripts rely on."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from rich.console import Console

from cardtool.cli.answers import AnswersPrompts
from cardtool.cli.commands import COMMANDS
from cardtool.cli.job import Job
from cardtool.cli.options import NOT_BUILT_YET, Options
from cardtool.cli.output import WARNINGS, Json, error_json, print_json
from cardtool.cli.progress import InterruptCancel, TerminalProgress
from cardtool.cli.terminal import TerminalPrompts
from cardtool.cli.words import show_error
from cardtool.cli.world import World
from cardtool.errors import Cancelled, CardToolError, Defect, NotBuiltYet
from cardtool.flows.ports import Prompts
from cardtool.log import event
from cardtool.words import Words

log = logging.getLogger(__name__)

Wire = Callable[[Options], AbstractContextManager[World]]
PRACTISED = ("apply", "sign-test", "account")


def run_command(options: Options, words: Words, wire: Wire, sound_folder: Path) -> int:
    """Exit status: 0 done, 1 done with warnings, 2 usage, 3 cancelled or refused, 4 card, 5 RA, 6 computer."""
    console = _console(stderr=options.json)
    try:
        answer = _perform(options, words, wire, console, sound_folder)
    except KeyboardInterrupt:
        return _fail(Cancelled(), options, words)
    except CardToolError as error:
        return _fail(error, options, words)
    except Exception as error:
        kind = type(error).__name__
        log.error("defect", exc_info=error, extra={"data": {"what": kind}})
        return _fail(Defect(kind), options, words)
    if options.json:
        print_json(answer)
    return _ended(options, 1 if WARNINGS in answer else 0)


def usage_failed(error: CardToolError, words: Words, *, as_json: bool = False) -> int:
    """A command line that could not be read."""
    return _fail(error, Options(json=as_json), words)


def _perform(options: Options, words: Words, wire: Wire, console: Console, sound_folder: Path) -> Json:
    if options.command in NOT_BUILT_YET:
        raise NotBuiltYet(options.command)
    cancel = InterruptCancel()
    prompts = _prompts(options, words, sound_folder, cancel)
    progress = TerminalProgress(_console(stderr=True), words)
    with wire(options) as world, cancel.listening():
        if options.practice:
            _say_practice(options, world)
        return COMMANDS[options.command](Job(options, world, prompts, progress, cancel, console))


def _prompts(options: Options, words: Words, sound_folder: Path, cancel: InterruptCancel) -> Prompts:
    if options.answers:
        return AnswersPrompts.read(sys.stdin.buffer, options.account, accept_terms=options.accept_terms)
    return TerminalPrompts(
        _console(stderr=True), words, sound_folder, cancel.asking, accept_terms=options.accept_terms
    )


def _say_practice(options: Options, world: World) -> None:
    """Nobody shall take it for the real thing; and who practises needs what real letters would say."""
    console = _console(stderr=True)
    console.print(world.words.text("cli.practice"), style="black on yellow", markup=False)
    if options.command in PRACTISED and not options.answers:
        account, password, pin = world.practice_person()
        console.print(
            world.words.text("ui.practice.account", account=account, password=password, pin=pin), markup=False
        )


def _fail(error: CardToolError, options: Options, words: Words) -> int:
    """The words on stderr, the code with them; with --json the same as one object on stdout."""
    show_error(_console(stderr=True), words, error)
    if options.json:
        print_json(error_json(words, error))
    return _ended(options, error.exit_status, error.code)


def _ended(options: Options, status: int, code: str = "") -> int:
    event(log, "command-ended", act=options.command, code=code, exit_status=status, practice=options.practice)
    return status


def _console(*, stderr: bool) -> Console:
    return Console(stderr=stderr, highlight=False, soft_wrap=True)
