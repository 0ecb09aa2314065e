"""``cardtool-card`` in the real pcscd: pulled, inserted, slow, personalised, and after a restart of the daemon."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cardtool.errors import CardRemoved, CardToolError, NoCard
from cardtool.pcsc.scard import ScardHub
from cardtool.pcsc.virtual.piv import GENERIC, VirtualPivCard
from tests.system.pcscd import READERS, Pcscd, StartCard, end, holds_card, wait_until
from tests.unit.virtual.terminal import RSA_2048, SELECT_PIV, VERIFY_123456, VERIFY_STATUS, Terminal


def test_pull_and_insert(vpcd_card: StartCard) -> None:
    card = vpcd_card()
    connection = ScardHub().connect(card.reader)
    connection.transmit(SELECT_PIV)
    assert connection.transmit(VERIFY_123456) == bytes.fromhex("9000")
    card.pull()
    with pytest.raises(CardRemoved):
        connection.transmit(VERIFY_STATUS)
    connection.disconnect(reset=False)
    with pytest.raises(NoCard):
        ScardHub().connect(card.reader)
    card.insert()
    connection = ScardHub().connect(card.reader)
    connection.transmit(SELECT_PIV)
    assert connection.transmit(VERIFY_STATUS) == bytes.fromhex("63C3")
    connection.disconnect(reset=True)


def test_disconnect_with_reset_takes_the_pin_status(vpcd_card: StartCard) -> None:
    card = vpcd_card()
    first = ScardHub().connect(card.reader)
    first.transmit(SELECT_PIV)
    first.transmit(VERIFY_123456)
    first.disconnect(reset=True)
    second = ScardHub().connect(card.reader)
    second.transmit(SELECT_PIV)
    assert second.transmit(VERIFY_STATUS) == bytes.fromhex("63C3")
    second.disconnect(reset=False)


def test_two_cards_at_once(vpcd_card: StartCard) -> None:
    cards = [vpcd_card(reader=0), vpcd_card(GENERIC, reader=1)]
    assert [card.reader for card in cards] == list(READERS)
    assert all(map(holds_card, READERS))
    for card in cards:
        connection = ScardHub().connect(card.reader)
        assert connection.atr == VirtualPivCard.inspect(card.state).personality.atr
        connection.disconnect(reset=False)


def test_comes_back_after_pcscd_restarted(vpcd_card: StartCard, pcscd: Pcscd) -> None:
    card = vpcd_card()
    pcscd.restart()
    wait_until(lambda: holds_card(card.reader), "the card to be back")


def test_ends_cleanly_and_leaves_the_state_file_free(vpcd_card: StartCard) -> None:
    card = vpcd_card()
    assert card.stop() == 0
    VirtualPivCard.load(card.state).close()


def test_slow_key_generation_can_be_pulled(vpcd_card: StartCard) -> None:
    card = vpcd_card(arguments=("--slow",))
    connection = ScardHub().connect(card.reader)
    terminal = Terminal(connection.transmit)
    terminal.select()
    terminal.admin()
    puller = threading.Timer(1.0, card.pull)
    began = time.monotonic()
    puller.start()
    with pytest.raises(CardToolError):
        terminal.generate(0x9A, RSA_2048)
    puller.join()
    connection.disconnect(reset=False)
    assert 0.9 < time.monotonic() - began < 6
    assert 0x9A not in VirtualPivCard.inspect(card.state).keys


def test_personalised_card_by_name(pcscd: Pcscd, tmp_path: Path) -> None:
    VirtualPivCard.create(tmp_path / "anna.json", GENERIC).close()
    demo = tmp_path / "demo.json"
    demo.write_text(json.dumps({"cards": {"anna": {"kind": "piv", "state_file": "anna.json"}}}))
    module = [sys.executable, "-m", "cardtool.pcsc.virtual"]
    command = [*module, "--vpcd", f"localhost:{pcscd.port}", "--personalised", f"{demo}:anna"]
    process = subprocess.Popen(pcscd.inside(command))
    try:
        wait_until(lambda: holds_card(READERS[0]), "the card to be in")
    finally:
        assert end(process) == 0
        wait_until(lambda: not holds_card(READERS[0]), "the card to be out")
