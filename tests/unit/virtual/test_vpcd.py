"""The vpcd plug against a vpcd made here, and the command line around it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cardtool.pcsc.virtual.__main__ import main
from cardtool.pcsc.virtual.piv import VirtualPivCard
from cardtool.pcsc.virtual.vpcd import GET_ATR, POWER_OFF, POWER_ON, RESET, VpcdPlug, receive, send
from tests.unit.virtual.terminal import SELECT_PIV, VERIFY_123456, VERIFY_STATUS

SOON = 30.0


class Vpcd:
    """The daemon's side."""

    def __init__(self, server: socket.socket) -> None:
        self.server = server
        self.connection: socket.socket | None = None

    def accept(self) -> None:
        self.hang_up()
        self.connection, _ = self.server.accept()
        self.connection.settimeout(SOON)

    def tell(self, *message: int) -> None:
        assert self.connection is not None
        send(self.connection, bytes(message))

    def ask(self, message: bytes) -> bytes | None:
        assert self.connection is not None
        send(self.connection, message)
        return receive(self.connection)

    def hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()


@pytest.fixture
def vpcd() -> Iterator[Vpcd]:
    with socket.create_server(("localhost", 0)) as server:
        server.settimeout(SOON)
        daemon = Vpcd(server)
        yield daemon
        daemon.hang_up()


@pytest.fixture
def card() -> VirtualPivCard:
    return VirtualPivCard.create()


@pytest.fixture
def plug(vpcd: Vpcd, card: VirtualPivCard) -> Iterator[VpcdPlug]:
    plug = VpcdPlug(card, *vpcd.server.getsockname())
    thread = threading.Thread(target=plug.run)
    thread.start()
    vpcd.accept()
    yield plug
    plug.stop()
    thread.join(SOON)
    assert not thread.is_alive()


def test_power_and_commands(vpcd: Vpcd, plug: VpcdPlug, card: VirtualPivCard) -> None:
    assert vpcd.ask(bytes([GET_ATR])) == card.atr
    assert vpcd.ask(SELECT_PIV) == b"", "without power there is no answer"
    vpcd.tell(POWER_ON)
    answer = vpcd.ask(SELECT_PIV)
    assert answer is not None
    assert answer.endswith(b"\x90\x00")
    assert vpcd.ask(VERIFY_123456) == bytes.fromhex("9000")
    vpcd.tell(RESET)
    assert vpcd.ask(VERIFY_STATUS) == bytes.fromhex("6D00")
    vpcd.tell(POWER_OFF)
    assert vpcd.ask(VERIFY_STATUS) == b""


def test_messages_in_pieces(vpcd: Vpcd, plug: VpcdPlug, card: VirtualPivCard) -> None:
    assert vpcd.connection is not None
    for octet in b"\x00\x01\x04":
        vpcd.connection.sendall(bytes([octet]))
    assert receive(vpcd.connection) == card.atr


def test_pull_and_insert(vpcd: Vpcd, plug: VpcdPlug, card: VirtualPivCard) -> None:
    plug.pull()
    assert vpcd.connection is not None
    assert receive(vpcd.connection) is None
    plug.insert()
    vpcd.accept()
    assert vpcd.ask(bytes([GET_ATR])) == card.atr


def test_comes_back_after_the_daemon_restarted(vpcd: Vpcd, plug: VpcdPlug, card: VirtualPivCard) -> None:
    vpcd.tell(POWER_ON)
    vpcd.ask(VERIFY_123456)
    vpcd.hang_up()
    vpcd.accept()
    assert vpcd.ask(VERIFY_STATUS) == b"", "power must be gone"


def test_waits_for_a_daemon_that_is_not_there_yet(card: VirtualPivCard) -> None:
    with socket.create_server(("localhost", 0)) as server:
        address = server.getsockname()
    plug = VpcdPlug(card, *address)
    thread = threading.Thread(target=plug.run)
    thread.start()
    try:
        with socket.create_server(address) as server:
            server.settimeout(SOON)
            server.accept()[0].close()
    finally:
        plug.stop()
        thread.join(SOON)
    assert not thread.is_alive()


# --- the command line -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [["--vpcd", "nonsense"], ["--vpcd", "host:"], ["--vpcd", ":1"], ["--vpcd", "h:70000"], ["--kind", "x"], ["extra"],
     ["--state", "a", "--personalised", "b:c"]],
)  # fmt: skip
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_state_file_of_another_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    VirtualPivCard.create(tmp_path / "card.json").close()
    assert main(["--kind", "gids", "--state", str(tmp_path / "card.json")]) == 6
    assert "L302" in capsys.readouterr().err


def test_a_state_file_in_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = VirtualPivCard.create(tmp_path / "card.json")
    assert main(["--state", str(tmp_path / "card.json")]) == 6
    assert "L203" in capsys.readouterr().err
    card.close()


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (None, "anna", "L302"),
        ("not json", "anna", "U104"),
        ("{}", "anna", "U104"),
        (json.dumps({"cards": {"anna": {"kind": "piv", "state_file": "a.json"}}}), "bob", "U104"),
        (json.dumps({"cards": {"anna": {"kind": "piv", "state_file": "a.json"}}}), "anna", "L302"),
        (json.dumps({"cards": {"anna": {"kind": "gids", "state_file": "a.json"}}}), "anna", "L302"),
    ],
)
def test_personalised_cards_that_are_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, name: str, code: str
) -> None:
    demo = tmp_path / "demo.json"
    if content is not None:
        demo.write_text(content)
    main(["--personalised", f"{demo}:{name}"])
    assert code in capsys.readouterr().err
