"""CardTool as a process of its own, used from outside: what the tree says is all that is known of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cardtool.words import Words
from tests.ui.outside.bus import Desktop, NotAnswered
from tests.ui.outside.tree import CHECKED, ENABLED, FOCUSABLE, FOCUSED, Node, programs

ROOT = Path(__file__).parents[3]
PATIENCE = 30.0
ROUNDS = 3
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
        wanted = re.compile(re.escape(name).replace(r"\*", ".*"))
        found = self.wait_for(lambda: [node for node in self.controls() if wanted.fullmatch(node.name)])
        assert isinstance(found, list), f"no {name!r} on {self.code()}"
        return found[0]

    def controls(self, window: Node | None = None) -> list[Node]:
        return [node for node in (window or self.root).walk() if node.has(FOCUSABLE, ENABLED)]

    def code(self, window: Node | None = None) -> str:
        """The screen code as the tree tells it; empty without one."""
        for node in (window or self.root).walk():
            found = self._chip.fullmatch(node.own_name)
            if found:
                return found[1]
        return ""

    def on(self, *codes: str) -> None:
        assert self.wait_for(lambda: self.code() in codes), f"not on {codes} but {self.code()}"

    def windows(self) -> list[Node]:
        return self.root.children()

    def focused(self) -> Node | None:
        return next((node for node in self.controls() if node.has(FOCUSED)), None)

    def secrets_in_sight(self, *secrets: str) -> list[str]:
        """Nodes, shown or hidden, whose texts hold one of ``secrets``."""
        return [
            f"{node.path}: {said!r}"
            for node in self.root.walk(hidden=True)
            for said in node.words()
            if any(secret in said for secret in secrets)
        ]

    def wait_for(self, condition: Callable[[], object]) -> object:
        deadline = time.monotonic() + PATIENCE
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

    def tab_to(self, wanted: Node) -> None:
        for _ in range(80):
            if wanted.has(FOCUSED):
                return
            self.key(TAB)
        raise AssertionError(f"Tab does not lead to {wanted}")

    def press(self, name: str) -> None:
        self.tab_to(self.find(name))
        self.key(SPACE)

    def fill(self, name: str, words: str) -> None:
        self.tab_to(self.find(name))
        self.desktop.type(words)

    def tick(self, name: str) -> None:
        box = self.find(name)
        self.tab_to(box)
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
