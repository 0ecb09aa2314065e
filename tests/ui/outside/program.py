"""CardTool as a process of its own, used from outside: what the tree says is all that is known of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any

from cardtool.words import Words
from tests.ui.outside.bus import Desktop, NotAnswered
from tests.ui.outside.tree import CHECKED, ENABLED, FOCUSABLE, FOCUSED, Node, Seen, answers, programs

ROOT = Path(__file__).parents[3]
PATIENCE, A_WHILE = 60.0, 10.0
"""Seconds: for what must come, and for a focus that may rightly stay."""
ROUNDS = 3
MOST_TABS = 80
USABLE = (FOCUSABLE, ENABLED)
LANGUAGE = "en"
TAB, ENTER, SPACE, ESCAPE, PAGE_DOWN = 0xFF09, 0xFF0D, 0x20, 0xFF1B, 0xFF56
"""X key symbols."""
SPACE_CODE = 65
"""X key code on every usual keyboard."""


class Program:
    """Found by what it shows; used by keys."""

    def __init__(self, desktop: Desktop, root: Node, process: subprocess.Popen[bytes]) -> None:
        self.desktop, self.root, self.process = desktop, root, process
        self.words = Words(LANGUAGE)
        self._chip = re.compile(
            re.escape(self.words.text("ui.code.name", code="CODE")).replace("CODE", r"([A-Z]+(?:-\d)?)")
        )

    def text(self, key: str, **values: Any) -> str:
        return self.words.text(f"ui.{key}", **values)

    # --- looking -----------------------------------------------------------------------------

    def find(self, name: str) -> Node:
        """The control of that name that can be used now; ``*`` stands for anything."""
        found = self.wait_for(lambda: self.named(name))
        assert isinstance(found, list), f"no {name!r} on {self.code()}"
        return found[0]

    def named(self, name: str) -> list[Node]:
        wanted = re.compile(re.escape(name).replace(r"\*", ".*"))
        names = answers(self.controls(), lambda node: node.name)
        return [node for node, own in names if wanted.fullmatch(own)]

    def controls(self, window: Node | None = None) -> list[Node]:
        return [node for node in (window or self.root).walk() if node.has(*USABLE)]

    def at_rest(self, window: Node | None = None) -> list[Seen]:
        """The controls of a page that is made: two looks in a row saw the same."""
        last: list[Seen] = []

        def look() -> list[Seen]:
            nonlocal last
            before, last = last, []
            last = [node.seen() for node in self.controls(window)]
            return last if last == before else []

        found = self.wait_for(look)
        assert isinstance(found, list), f"{self.code()} does not come to rest"
        return found

    def code(self, window: Node | None = None) -> str:
        """The screen code as the tree tells it; empty without one."""
        names = answers((window or self.root).walk(), lambda node: node.own_name)
        found = (self._chip.fullmatch(name) for _node, name in names)
        return next((chip[1] for chip in found if chip), "")

    def on(self, *codes: str) -> None:
        assert self.wait_for(lambda: self.code() in codes), f"not on {codes} but {self.code()}"

    def window(self, title: str) -> Node | None:
        """The one whose title begins so."""
        titles = answers(self.root.children(), lambda node: node.own_name)
        return next((node for node, own in titles if own.startswith(title)), None)

    def focused(self, known: Iterable[Node] = ()) -> Node | None:
        """``known`` are asked first: a walk takes longer."""
        return next((node for node in chain(known, self.root.walk()) if node.has(*USABLE, FOCUSED)), None)

    def secrets_in_sight(self, *secrets: str) -> list[str]:
        """Nodes, shown or hidden, whose texts hold one of ``secrets``."""
        return [
            f"{node.path}: {said!r}"
            for node in self.root.walk(hidden=True)
            for said in node.words()
            if any(secret in said for secret in secrets)
        ]

    def wait_for(self, condition: Callable[[], object], patience: float = PATIENCE) -> object:
        """What it gave at last; None if it never gave anything for ``patience`` seconds."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "the program ended"
            with suppress(NotAnswered):
                if found := condition():
                    return found
            time.sleep(0.05)
        return None

    @contextmanager
    def hearing(self) -> Iterator[Callable[[], str]]:
        """What is announced meanwhile, all in one."""
        with self.desktop.announcements() as listen:
            yield lambda: " ".join(listen())

    # --- doing, by real keys -----------------------------------------------------------------

    def key(self, symbol: int) -> None:
        """Returns when the program has taken it: a question asked after the key is answered after it."""
        self.desktop.key(symbol)
        for _ in range(ROUNDS):
            self.root.states()

    def tab(self, known: Iterable[Node] = ()) -> bool:
        """Whether the focus went on. It is waited for: a second Tab before that would lead past what is sought."""
        left = self.focused(known)
        self.key(TAB)
        return left is None or bool(self.wait_for(lambda: not left.has(FOCUSED), A_WHILE))

    def tab_to(self, name: str) -> Node:
        """What a page that was made anew took along is looked for again."""
        wanted, known = self.find(name), self.controls()
        for _ in range(MOST_TABS):
            if wanted.has(FOCUSED):
                return wanted
            if wanted.has(*USABLE):
                self.tab(known)
            else:
                wanted = self.find(name)
        raise AssertionError(f"Tab does not lead to {name!r} on {self.code()}")

    def press(self, name: str) -> None:
        self.tab_to(name)
        self.key(SPACE)

    def fill(self, name: str, words: str) -> None:
        self.tab_to(name)
        self.desktop.type(words)

    def tick(self, name: str) -> None:
        box = self.tab_to(name)
        self.key(SPACE)
        assert self.wait_for(lambda: box.has(CHECKED))


@contextmanager
def practice(desktop: Desktop, home: Path) -> Iterator[Program]:
    """The window in practice mode."""
    environment = desktop.environment | {"CARDTOOL_HOME": str(home)}
    command = [sys.executable, "-m", "cardtool", "--practice"]
    process = subprocess.Popen([*command, "--lang", LANGUAGE], cwd=ROOT, env=environment)
    try:
        yield Program(desktop, _root(desktop, process), process)
    finally:
        process.terminate()
        process.wait()


def terminal(desktop: Desktop, home: Path, *arguments: str, answers: dict[str, str] | None = None) -> None:
    """The terminal's front on the same practice world."""
    command = [sys.executable, "-m", "cardtool", *arguments, "--practice", "--json", "--answers", "-"]
    environment = desktop.environment | {"CARDTOOL_HOME": str(home)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, input=json.dumps(answers or {}), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def _root(desktop: Desktop, process: subprocess.Popen[bytes]) -> Node:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, "the program ended"
        for root in programs(desktop.bus):
            with suppress(NotAnswered):
                if root.children():
                    return root
        time.sleep(0.05)
    raise AssertionError("the program does not show itself to screen readers")
