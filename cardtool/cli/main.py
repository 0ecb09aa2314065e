"""Runs one command: options → world → flow → answer, and the exit status that scripts rely on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from rich.console import Console

from cardtool.cli.answers import AnswersPrompts
from cardtool.cli.commands import COMMANDS, Job
from cardtool.cli.options import NOT_BUILT_YET, Options
from cardtool.cli.output import error_json, print_json
from cardtool.cli.progress import InterruptCancel, TerminalProgress
from cardtool.cli.terminal import TerminalPrompts
from cardtool.cli.words import show_error
from cardtool.cli.world import World
from cardtool.errors import Cancelled, CardToolError, Defect, NotBuiltYet
from cardtool.flows.ports import Prompts
from cardtool.words import Words

Wire = Callable[[Options], AbstractContextManager[World]]


def run_command(options: Options, words: Words, wire: Wire, sound_folder: Path) -> int:
    """Exit status: 0 done, 2 usage, 3 cancelled or refused, 4 card, 5 RA, 6 this computer."""
    console = Console(stderr=options.json, highlight=False, soft_wrap=True)
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        answer = _perform(options, words, wire, console, sound_folder)
    except KeyboardInterrupt:
        return _fail(Cancelled(), options, words, errors)
    except CardToolError as error:
        return _fail(error, options, words, errors)
    except Exception as error:  # noqa: BLE001 - the last net: its text may hold anything, its class may not
        return _fail(Defect(type(error).__name__), options, words, errors)
    if options.json:
        print_json(answer)
    return 0


def usage_failed(error: CardToolError, words: Words) -> int:
    """A command line that could not be read."""
    return _fail(error, Options(), words, Console(stderr=True, highlight=False, soft_wrap=True))


def _perform(
    options: Options, words: Words, wire: Wire, console: Console, sound_folder: Path
) -> dict[str, object]:
    if options.command in NOT_BUILT_YET:
        raise NotBuiltYet(options.command)
    prompts = _prompts(options, words, sound_folder)
    progress = TerminalProgress(Console(stderr=True, highlight=False, soft_wrap=True), words)
    with wire(options) as world, InterruptCancel().listening() as cancel:
        return COMMANDS[options.command](Job(options, world, prompts, progress, cancel, console))


def _prompts(options: Options, words: Words, sound_folder: Path) -> Prompts:
    if options.answers:
        return AnswersPrompts.read(sys.stdin.buffer, options.account, accept_terms=options.accept_terms)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    return TerminalPrompts(console, words, sound_folder, accept_terms=options.accept_terms)


def _fail(error: CardToolError, options: Options, words: Words, console: Console) -> int:
    """The words on stderr, the code with them; with --json the same as one object on stdout."""
    show_error(console, words, error)
    if options.json:
        print_json(error_json(words, error))
    return error.exit_status
