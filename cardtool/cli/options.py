"""The command line as typed by a person, parsed. Secrets never come this way (spec 7.2)."""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from typing import Any, NoReturn

from cardtool import __version__
from cardtool.errors import ArgumentInvalid

NOT_BUILT_YET = (
    *("check", "renew", "download", "activate", "pin", "unblock", "register", "unregister", "provider"),
    *("compare", "suspend", "revoke", "proof", "export", "import", "repassword", "level", "backup"),
    *("restore", "phone", "cert", "notices", "documents"),
)
"""Commands of the contract whose wizard is not there yet: they say so instead of "unknown command"."""


COMMANDS = (
    *("cards", "apply", "sign-test", "account", "explain", "report", "apdu"),
    *("practice-tour", "practice-reset", "personalise"),
    *NOT_BUILT_YET,
)

TAKES_VALUE = (
    "--lang",
    "--ra",
    "--unit",
    "--reader",
    "--card",
    "--account",
    "--slot",
    "--answers",
    "--out",
    "--trace",
)
LINK_SCHEME = "cardtool:"


@dataclass
class Options:
    """Everything a command may ask for; defaults where an option was not given."""

    command: str = ""
    action: str = ""
    practice: bool = False
    json: bool = False
    answers: bool = False
    expert: bool = False
    accept_terms: bool = False
    lang: str = ""
    ra: str = ""
    unit: str = ""
    reader: str = ""
    card: str = ""
    account: str = ""
    slot: str = ""
    code: str = ""
    out: str = ""
    trace: str = ""
    link: str = ""
    apdus: tuple[str, ...] = ()


class Parser(argparse.ArgumentParser):
    """argparse that raises our error instead of leaving; exit status 2 is the same.

    The error names the argument and never repeats what was typed: somebody may have typed a PIN.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **{"allow_abbrev": False, **named})

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        raise ArgumentInvalid(_argument_meant(message))


def parse(arguments: list[str]) -> Options:
    """Options may stand before the command too. Raises ArgumentInvalid; leaves through SystemExit for --help."""
    place = _place_of_command(arguments) or 0
    in_order = [*arguments[place : place + 1], *arguments[:place], *arguments[place + 1 :]]
    found, unknown = _parser().parse_known_args(in_order)
    if unknown and found.command not in NOT_BUILT_YET:
        raise ArgumentInvalid(_argument_meant(f": {unknown[0]}"))
    values = {name: value for name, value in vars(found).items() if value is not None}
    return Options(**{**values, "apdus": tuple(values.get("apdus", ()))})


def is_for_terminal(arguments: list[str]) -> bool:
    """Whether a command is meant, and not the window."""
    return _place_of_command(arguments) is not None or any(
        argument in ("-h", "--help", "--version") for argument in arguments[:1]
    )


def _place_of_command(arguments: list[str]) -> int | None:
    """The first argument that is a command and not the value of an option."""
    for place, argument in enumerate(arguments):
        if argument in COMMANDS and (place == 0 or arguments[place - 1] not in TAKES_VALUE):
            return place
    return None


def _argument_meant(message: str) -> str:
    """From argparse's sentence the argument's own name."""
    named = re.search(
        r"argument (?P<one>[-A-Za-z/]+)|required: (?P<missing>[-\w]+)|: (?P<unknown>--?[a-z-]+)", message
    )
    return next((name for name in named.groups() if name), "") if named else ""


def parse_window(arguments: list[str]) -> Options:
    """``cardtool [--practice] [--lang …] [--ra URL] [--unit NAME] [--trace FILE] [LINK]``. Raises ArgumentInvalid."""
    parser = Parser(prog="cardtool", add_help=False)
    parser.add_argument("--practice", action="store_true")
    parser.add_argument("--lang", choices=["zh_TW", "en"])
    parser.add_argument("--ra")
    parser.add_argument("--unit")
    parser.add_argument("--trace")
    parser.add_argument("link", nargs="?")
    found = parser.parse_args(arguments)
    if found.link is not None and not found.link.startswith(LINK_SCHEME):
        raise ArgumentInvalid("LINK")
    return Options(**{name: value for name, value in vars(found).items() if value is not None})


def _parser() -> Parser:
    common = _common()
    parser = Parser(prog="cardtool", description="Certificates on a smart card or in a protected file.")
    parser.add_argument("--version", action="version", version=f"cardtool {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add(commands, "cards", common, "readers, cards, certificates, tries left")
    apply = _add(commands, "apply", common, "apply for a certificate on the card")
    apply.add_argument(
        "--accept-terms", action="store_true", help="accept the unit's terms without being asked"
    )
    sign_test = _add(commands, "sign-test", common, "prove a key by a fresh, verified signature")
    sign_test.add_argument(
        "--slot", choices=["9A", "9C"], help="9A or 9C of a PIV card; asked for where both hold a certificate"
    )
    account = _add(commands, "account", common, "sign in, change the site password, show the data, sign out")
    account.add_argument("action", choices=["sign-in", "sign-in-card", "password", "data", "sign-out"])
    explain = _add(commands, "explain", common, "what a screen, error or report code means, and what to say")
    explain.add_argument("code")
    report = _add(commands, "report", common, "save what the support line may ask for, without secrets")
    report.add_argument("--out", metavar="FILE", required=True, help="the file to write")
    apdu = _add(commands, "apdu", common, "expert: send commands to a card and see them decoded")
    apdu.add_argument("apdus", nargs="+", metavar="HEX", help="- reads them from stdin, one a line")
    apdu.add_argument("--expert", action="store_true", help="allow commands that write, and unknown cards")
    _add(commands, "practice-tour", common, "practice mode in the terminal: apply, prove, print")
    _add(commands, "practice-reset", common, "throw the practice world away and make another")
    _add(commands, "personalise", common, "the card's half of personalisation; spoken to by cardtool-ra")
    for name in NOT_BUILT_YET:
        commands.add_parser(name, parents=[common], add_help=False)
    return parser


def _common() -> Parser:
    common = Parser(add_help=False)
    common.add_argument(
        "--practice", action="store_true", help="virtual reader, cards and RA: nothing is real"
    )
    common.add_argument("--lang", choices=["zh_TW", "en"], help="language of the words")
    common.add_argument("--ra", metavar="URL", help="address of the registration authority")
    common.add_argument("--unit", metavar="NAME", help="RA unit")
    common.add_argument("--reader", metavar="NAME", help="reader to use")
    common.add_argument(
        "--card", metavar="ID", help="card to use: its serial or GUID; in practice mode its name"
    )
    common.add_argument("--account", metavar="NAME", help="account at the RA")
    common.add_argument("--trace", metavar="FILE", help="write card traffic to a file, without secrets")
    common.add_argument("--json", action="store_true", help="one JSON object on stdout, progress on stderr")
    common.add_argument(
        "--answers", type=_dash, metavar="-", help="read answers as one JSON object from stdin"
    )
    return common


def _dash(value: str) -> bool:
    if value != "-":
        raise argparse.ArgumentTypeError("only - (standard input): secrets are not read from files")
    return True


def _add(commands: argparse._SubParsersAction[Parser], name: str, common: Parser, help_text: str) -> Parser:
    return commands.add_parser(name, parents=[common], help=help_text, description=help_text)
