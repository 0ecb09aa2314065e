"""The commands with everything below them real but the daemon, the sockets and the keyring."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from cardtool.cards.raw import RawCard, open_raw_card
from cardtool.cli.main import run_command
from cardtool.cli.options import Options, parse
from cardtool.words import Words
from tests.support.bench import Bench
from tests.support.template import ACCOUNT, PASSWORD, PIN

ALL_ANSWERS = {"account": ACCOUNT, "site_password": PASSWORD, "pin": PIN, "accept_terms": True}


@dataclass
class Ended:
    """``out`` and ``err`` are what was written there."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on standard output; fails where there is anything else."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


class BenchWorld:
    """Implements cli.world.World. ``keyring``: whether there is a safe place for the session."""

    account = ""
    unit = "blue"

    def __init__(self, bench: Bench, words: Words) -> None:
        self.words = words
        self.clock = bench.ports.clock
        self.desk = bench.ports.desk
        self.journal = bench.ports.journal
        self.anchors = bench.ports.anchors
        self.ra = bench.client
        self.keyring = True
        self.dropped = 0
        self.log_folder = bench.folder
        self._bench = bench

    def raw_card(self, reader: str) -> AbstractContextManager[RawCard]:
        return open_raw_card(self._bench.noting_hub, reader)

    def practice_answers(self) -> dict[str, str | bool]:
        return ALL_ANSWERS

    def practice_person(self) -> tuple[str, str, str]:
        return ACCOUNT, PASSWORD, PIN

    def renew_practice(self) -> None: ...

    def keep_session(self) -> bool:
        return self.keyring

    def drop_session(self) -> None:
        self.dropped += 1


class Front:
    """``run`` types a command; ``stdin`` is what --answers - or apdu - reads."""

    def __init__(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.bench = bench
        self.words = Words("en", strict=True)
        self.world = BenchWorld(bench, self.words)
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def run(self, command: str, stdin: object = b"", *more: str) -> Ended:
        """``command`` is split at spaces; ``stdin``: bytes, or what becomes JSON."""
        raw = stdin if isinstance(stdin, bytes) else json.dumps(stdin).encode()
        self._monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))
        self._capsys.readouterr()
        options = parse([*command.split(), *more])
        status = run_command(options, self.words, self._wire, self.bench.folder / "cache")
        return Ended(status, *self._capsys.readouterr())

    @contextmanager
    def _wire(self, _options: Options) -> Iterator[BenchWorld]:
        yield self.world
