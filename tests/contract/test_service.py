"""The real card service when it is away, goes away, or another program holds the card."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Sequence

import pytest

from cardtool.cards.desk import Desk
from cardtool.errors import CardHeld, CardToolError, ReaderServiceOff
from cardtool.pcsc import scard
from cardtool.pcsc.monitor import Monitor
from cardtool.pcsc.scard import ScardHub
from cardtool.pcsc.transport import ReaderState
from tests.system.pcscd import Pcscd, StartCard

HOLDER = """
import sys
from cardtool.pcsc.scard import ScardHub
connection = ScardHub().connect(sys.argv[1])
with connection.transaction():
    print("held", flush=True)
    sys.stdin.readline()
connection.disconnect(reset=False)
"""


@pytest.mark.usefixtures("pcscd")
def test_a_card_that_another_process_holds(vpcd_card: StartCard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scard, "HELD_LIMIT", 0.3)
    reader = vpcd_card().reader
    desk = Desk(ScardHub())
    command = [sys.executable, "-c", HOLDER, reader]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        started = time.monotonic()
        with pytest.raises(CardHeld), desk.session(reader):
            pytest.fail("it is held")
        assert time.monotonic() - started < 5
        holder.communicate("\n", timeout=60)
    assert holder.returncode == 0
    with desk.session(reader) as session:
        assert session.pin_status().tries_left


def test_the_service_goes_and_comes_back(pcscd: Pcscd) -> None:
    told: list[tuple[Sequence[ReaderState], CardToolError | None]] = []
    grown = threading.Condition()

    def changed(readers: Sequence[ReaderState], error: CardToolError | None) -> None:
        with grown:
            told.append((readers, error))
            grown.notify_all()

    def wait_until(off: bool) -> None:
        with grown:
            assert grown.wait_for(lambda: bool(told) and (told[-1][1] is not None) is off, 10), told

    monitor = Monitor(ScardHub(), changed)
    monitor.start()
    try:
        wait_until(off=False)
        pcscd.stop()
        wait_until(off=True)
        assert isinstance(told[-1][1], ReaderServiceOff)
        with pytest.raises(ReaderServiceOff):
            Desk(ScardHub()).survey()
        pcscd.start()
        wait_until(off=False)
    finally:
        monitor.stop()
        if pcscd.process is None:
            pcscd.start()


def test_the_service_dies_in_the_middle_of_a_session(pcscd: Pcscd, vpcd_card: StartCard) -> None:
    card = vpcd_card()
    try:
        with Desk(ScardHub()).session(card.reader) as session:
            pcscd.stop()
            with pytest.raises(ReaderServiceOff):
                session.pin_status()
    finally:
        card.stop()
        pcscd.restart()
