"""``cardtool apdu``: commands to a card as typed, shown decoded.

What may hold a PIN, a key or anything unknown is read from standard input only, and told by its header and
lengths: the command line can be seen by every program of this computer, and terminals are scrolled back.
"""

from __future__ import annotations

import sys
from typing import IO, cast

from cardtool.cards.explain import decode_command, decode_response, is_write, may_hold_secret
from cardtool.cli.job import Job
from cardtool.cli.output import Json
from cardtool.errors import ArgumentInvalid, CommandRefused
from cardtool.pcsc.apdu import Command, InvalidCommand
from cardtool.pcsc.redact import Redactor

FROM_STDIN = ("-",)
MOST_BYTES = 256 * 1024


def apdu(job: Job) -> Json:
    """All commands are judged before the first is sent. An unknown card or a writing command needs --expert."""
    commands = _commands(job.options.apdus, sys.stdin.buffer)
    exchanges: list[Json] = []
    with job.world.raw_card(job.reader()) as card:
        for command in commands:
            if not job.options.expert and (card.kind == "unknown" or is_write(command)):
                raise CommandRefused(decode_command(command)[0])
        for command in commands:
            exchange = _exchange(command, card.send(command))
            exchanges.append(exchange)
            if not job.options.json:
                _show(job, exchange)
    return {"exchanges": exchanges}


def _commands(typed: tuple[str, ...], stdin: IO[bytes]) -> list[bytes]:
    """Raises ArgumentInvalid, CommandRefused (a secret on the command line)."""
    if typed == FROM_STDIN:
        raw = stdin.read(MOST_BYTES + 1)
        lines = raw.decode("ascii", "replace").splitlines() if len(raw) <= MOST_BYTES else []
        commands = [_parse_hex(line) for line in lines if line.strip()]
        if not commands:
            raise ArgumentInvalid("HEX")
        return commands
    commands = [_parse_hex(text) for text in typed]
    for command in commands:
        if may_hold_secret(command):
            raise CommandRefused(decode_command(command)[0], "secret")
    return commands


def _parse_hex(text: str) -> bytes:
    try:
        command = bytes.fromhex(text.replace(":", ""))
        Command.parse(command)
    except (ValueError, InvalidCommand):
        raise ArgumentInvalid("HEX") from None
    return command


def _exchange(command: bytes, response: bytes) -> Json:
    """Of an exchange with a secret only the header and the status word are kept."""
    sent, received = command, response
    if may_hold_secret(command):
        sent, received = Redactor().exchange(command, response).header, response[-2:]
    decoded = [*decode_command(command), *decode_response(response, command)]
    return {"command": sent.hex(), "response": received.hex(), "decoded": decoded}


def _show(job: Job, exchange: Json) -> None:
    lines = [f"→ {exchange['command']}", f"← {exchange['response']}"]
    job.console.print("\n".join(lines), style="bold", highlight=False, markup=False)
    for line in cast(list[str], exchange["decoded"]):
        job.console.print(f"  {line}", highlight=False, markup=False)
