"""A visit to every page from outside, by real keys; what a screen reader would miss is noted by kind."""

from __future__ import annotations

from collections import defaultdict

from tests.ui.outside.examine import Faults, examine
from tests.ui.outside.program import ENTER, ESCAPE, PAGE_DOWN, SPACE_CODE, Program
from tests.ui.outside.tree import Node

WRONG_PIN, PASSWORD = "97531864", "Planted7531"


class Visit:
    """``faults``: kind → what is wrong. ``seen``: the codes of all pages that were examined."""

    def __init__(self, program: Program, pin: str) -> None:
        self.program, self._pin = program, pin
        self.faults: dict[str, list[str]] = defaultdict(list)
        self.seen: list[str] = []

    def everything(self) -> None:
        self._home()
        self._apply()
        self._after_applying()
        self._aside()
        self._sign_out_and_fail_to_sign_in()
        self._practice_panel()

    # --- the road ----------------------------------------------------------------------------

    def _home(self) -> None:
        program = self.program
        program.on("HOME")
        program.find(program.text("task.APC"))
        self._examine("HOME")

    def _apply(self) -> None:
        program = self.program
        program.press(program.text("task.APC"))
        self._examine("APC-1")
        self._read_terms()
        program.tick(program.text("terms.accept"))
        program.key(ENTER)
        self._examine("APC-3")
        self._fail_with(program.text("pin.label"), WRONG_PIN, "C201")
        self._enter_secret(program.text("pin.label"), self._pin)
        program.on("APC-4", "APC-6")
        self._search("APC-4", self._pin)

    def _read_terms(self) -> None:
        program = self.program
        program.tab_to(program.text("terms.name", version="*"))
        for _ in range(40):
            if program.named(program.text("terms.accept")):
                return
            program.key(PAGE_DOWN)

    def _after_applying(self) -> None:
        program = self.program
        self._examine("APC-6")
        program.press(program.text("done.test"))
        self._pin_page("SIG-2")
        self._examine("SIG-3")
        program.press(program.text("done.home"))
        program.on("HOME")
        program.press(program.text("task.CRD"))
        self._pin_page("CRD-2")
        self._examine("CRD-3")
        program.press(program.text("done.home"))
        program.on("HOME")

    def _pin_page(self, code: str) -> None:
        self._examine(code)
        self._enter_secret(self.program.text("pin.label"), self._pin)

    def _aside(self) -> None:
        program = self.program
        for opens, code in (("header.settings", "SET-1"), ("header.help", "HLP-1"), ("task.RNC", "NYB-1")):
            program.press(program.text(opens))
            self._examine(code)
            program.key(ESCAPE)
            program.on("HOME")
        program.press(program.text("header.help"))
        program.press(program.text("report.offer"))
        self._examine("RPT-1")
        program.key(ESCAPE)
        program.on("HOME")

    def _sign_out_and_fail_to_sign_in(self) -> None:
        program = self.program
        program.press(program.text("header.account", account="*"))
        self._examine("OUT-1")
        program.press(program.text("out.action"))
        program.press(program.text("done.home"))
        program.on("HOME")
        program.press(program.text("header.sign_in"))
        self._examine("SGN-1")
        program.fill(program.text("sign_in.account"), "somebody")
        program.fill(program.text("sign_in.captcha"), "00000")
        self._fail_with(program.text("sign_in.password"), PASSWORD, "R202")
        program.key(ESCAPE)

    def _practice_panel(self) -> None:
        program = self.program
        program.on("HOME")
        program.press(program.text("practice.open"))
        panel = program.wait_for(lambda: program.window(program.text("practice.panel")))
        assert isinstance(panel, Node)
        program.wait_for(lambda: len(program.controls(panel)) > 5)
        self._note(examine(program, "practice panel", panel))

    # --- what is examined --------------------------------------------------------------------

    def _examine(self, code: str) -> None:
        program = self.program
        program.on(code)
        program.wait_for(program.focused)
        self.seen.append(code)
        self._note(examine(program, code))

    def _note(self, faults: Faults) -> None:
        for kind, line in faults:
            self.faults[kind].append(line)

    def _fail_with(self, field: str, secret: str, code: str) -> None:
        """Enter what is wrong: a screen reader is told of it, and never what it was."""
        program, where = self.program, self.program.code()
        with program.hearing() as heard:
            self._enter_secret(field, secret)
            if not program.wait_for(lambda: code in heard()):
                self.faults["not announced"].append(where)
        self._search(f"{where} after an error", secret)

    def _enter_secret(self, field: str, secret: str) -> None:
        """Type it, reveal it by holding the button, and search for it all the while; then press Enter."""
        program, where = self.program, self.program.code()
        program.fill(field, secret)
        self._search(f"{where} typed", secret)
        program.tab_to(program.text("secret.reveal_name"))
        program.desktop.hold(SPACE_CODE)
        try:
            self._search(f"{where} revealed", secret)
        finally:
            program.desktop.let_go(SPACE_CODE)
        program.tab_to(field)
        program.key(ENTER)

    def _search(self, where: str, secret: str) -> None:
        found = self.program.secrets_in_sight(secret)
        self.faults["secret in the tree"] += [f"{where}: {line}" for line in found]
