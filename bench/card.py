"""Cards: how many commands and how much time CardTool takes, beside other programs on the same card.

``python -m bench.card [--rounds N]`` as root, with pcscd, vpcd, OpenSC, yubico-piv-tool and ykman. Everything goes
through a real pcscd and is counted in its log. Writes a table, and ``build/bench/card.json``.

"at card" is from the first command to the last answer; "whole" is the call, for other programs the process from
start to end. CardTool is measured as it is used: a program that is already running.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bench.apdu_log import ApduLog, Traffic
from cardtool.cards.certificates import public_key_in
from cardtool.cards.desk import Desk
from cardtool.cards.piv import recipes
from cardtool.cards.piv.types import KeyRef, Slot
from cardtool.pcsc.scard import ScardHub
from cardtool.pcsc.virtual.piv import GENERIC, YUBIKEY, Personality, VirtualPivCard
from cardtool.secret import Secret
from tests.system.pcscd import Pcscd, running_pcscd, start_card
from tests.unit.virtual.terminal import P256, RSA_2048, Terminal

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "build" / "bench" / "card.json"
KEYS = {0x9A: RSA_2048, 0x9C: RSA_2048, 0x9D: RSA_2048, 0x9E: P256}
PIN, OTHER_PIN = "123456", "246813"
PERSONALITIES = (YUBIKEY, GENERIC)
YKMAN = str(Path(sys.executable).with_name("ykman"))


@dataclass(frozen=True)
class Contender:
    """One way to do ``operation``; ``act`` returns False where the program does not cope with the card.

    ``undo`` puts the card back for the next round and is not counted.
    """

    operation: str
    name: str
    act: Callable[[], bool]
    undo: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Row:
    """Medians over the rounds; ``traffic`` is None where the program failed."""

    card: str
    operation: str
    name: str
    traffic: Traffic | None
    whole_ms: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.card")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, running_pcscd(Path(folder), "--apdu") as daemon:
        for personality in PERSONALITIES:
            rows += _measure_card(daemon, Path(folder), personality, rounds)
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    print(table(rows))
    return 0


def _measure_card(daemon: Pcscd, folder: Path, personality: Personality, rounds: int) -> Iterator[Row]:
    state = folder / f"{personality.name}.json"
    _make_card(state, personality)
    process = start_card(daemon, state)
    log = ApduLog(daemon.folder / "pcscd.log")
    try:
        for contender in _contenders(process.reader):
            traffics, wholes = _measure(contender, log, rounds)
            middle = (
                sorted(traffics, key=lambda traffic: traffic.at_card)[len(traffics) // 2]
                if traffics
                else None
            )
            yield Row(
                personality.name,
                contender.operation,
                contender.name,
                middle,
                round(statistics.median(wholes), 1),
            )
    finally:
        process.stop()


def _make_card(state: Path, personality: Personality) -> None:
    card = VirtualPivCard.create(state, personality)
    card.power_on()
    terminal = Terminal(card.transmit, personality.admin_algorithm)
    terminal.select()
    terminal.admin()
    for slot, algorithm in KEYS.items():
        terminal.enrol(slot, algorithm)
    card.close()


def _measure(contender: Contender, log: ApduLog, rounds: int) -> tuple[list[Traffic], list[float]]:
    traffics: list[Traffic] = []
    wholes: list[float] = []
    for _ in range(rounds):
        log.mark()
        began = time.perf_counter()
        done = contender.act()
        wholes.append((time.perf_counter() - began) * 1000)
        if done:
            traffics.append(log.traffic())
            contender.undo()
    return traffics, wholes


def _contenders(reader: str) -> Iterator[Contender]:
    desk = Desk(ScardHub())
    piv_tool = ("yubico-piv-tool", "--reader", reader, "--action")
    p11 = ("pkcs11-tool", "--slot-index", "0")
    yield Contender("overview", "CardTool", lambda: bool(desk.survey()))
    yield Contender("overview", "CardTool, second look", lambda: bool(desk.glance()))
    yield _program("overview", *piv_tool, "status")
    yield _program("overview", "pkcs15-tool", "--reader", reader, "-D")
    yield _program("overview", YKMAN, "--reader", reader, "piv", "info")
    yield Contender("certificate", "CardTool", lambda: _read_certificate(desk, reader))
    yield _program("certificate", *piv_tool, "read-certificate", "--slot", "9a")
    yield _program("certificate", "pkcs15-tool", "--reader", reader, "--read-certificate", "01")
    yield Contender("signature", "CardTool", lambda: _sign(desk, reader))
    yield _program("signature", *p11, "--login", "--pin", PIN, "--sign", "--id", "01",
                   "-m", "SHA256-RSA-PKCS", "-i", __file__, "-o", "/dev/null")  # fmt: skip
    yield Contender(
        "PIN change",
        "CardTool",
        lambda: _change_pin(desk, reader, PIN, OTHER_PIN),
        lambda: _restore(desk, reader),
    )
    changed = _program("PIN change", *piv_tool, "change-pin", "--pin", PIN, "--new-pin", OTHER_PIN)
    yield replace(changed, undo=lambda: _restore(desk, reader))


def _program(operation: str, *command: str) -> Contender:
    def act() -> bool:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=120
        )
        return done.returncode == 0

    return Contender(operation, Path(command[0]).name, act)


def _read_certificate(desk: Desk, reader: str) -> bool:
    with desk.session(reader) as session:
        return recipes.read_certificate(session, Slot.AUTHENTICATION) is not None


def _sign(desk: Desk, reader: str) -> bool:
    with desk.session(reader) as session:
        der = recipes.read_certificate(session, Slot.AUTHENTICATION)
        key = public_key_in(der or b"")
        session.verify_pin(Secret(PIN))
        return bool(recipes.sign_message(session, Slot.AUTHENTICATION, key, b"message"))  # type: ignore[arg-type]


def _change_pin(desk: Desk, reader: str, old: str, new: str) -> bool:
    with desk.session(reader) as session:
        session.change_reference_data(KeyRef.PIV_PIN, Secret(old), Secret(new))
    return True


def _restore(desk: Desk, reader: str) -> None:
    _change_pin(desk, reader, OTHER_PIN, PIN)


def table(rows: list[Row]) -> str:
    lines = [
        f"{'card':<13}{'operation':<13}{'program':<24}{'APDUs':>6}{'bytes':>8}{'at card ms':>12}{'whole ms':>10}"
    ]
    for row in rows:
        head = f"{row.card:<13}{row.operation:<13}{row.name:<24}"
        if row.traffic is None:
            lines.append(f"{head}  does not cope with this card")
            continue
        size = row.traffic.sent + row.traffic.received
        lines.append(
            f"{head}{row.traffic.apdus:>6}{size:>8}{row.traffic.at_card:>12.1f}{row.whole_ms:>10.1f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
