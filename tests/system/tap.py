"""Between pcscd's virtual reader and a software card: sees every command, and can pull the card at any of them.

The framing is vpcd's (see cardtool/pcsc/virtual/vpcd.py); pcscd above and ``cardtool-card`` below are real.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cardtool.pcsc.apdu import INS, Command
from cardtool.pcsc.virtual.vpcd import receive, send
from tests.system.acts import Acts, Lost
from tests.system.pcscd import Pcscd, wait_until

CLONE_NEWNET = 0x40000000
RETRY_INTERVAL = 0.1
CONTROL = 1
"""A message of one byte is not for the card's applications: power, reset, ATR."""
GET_ATR = b"\x04"
NOT_FOUND, NOT_SUPPORTED = b"\x6a\x82", b"\x6d\x00"


class Tap:
    """Stands in for vpcd towards the card: ``port`` is for ``cardtool-card --vpcd localhost:PORT``.

    A plan that raises Lost pulls the card: before the command reaches it, or with the answer lost.
    ``insert`` puts it back.
    """

    def __init__(self, daemon: Pcscd, reader: int, acts: Acts) -> None:
        self._daemon = daemon
        self._reader = reader
        self._acts = acts
        self._listener = socket.create_server(("localhost", 0))
        self.port = int(self._listener.getsockname()[1])
        self._inserted = threading.Event()
        self._inserted.set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="tap")
        self._thread.start()

    def insert(self) -> None:
        self._inserted.set()

    def wait_until_taken(self) -> None:
        """For a plan during a command: until the card's program has read it and is at work."""
        wait_until(lambda: not unread(self.port), "the card to take the command")

    def stop(self) -> None:
        """After the card's program has ended."""
        self._stopped.set()
        self._inserted.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            try:
                card, _address = self._listener.accept()
            except OSError:
                return
            self._inserted.wait()
            with card:
                reader = self._connect()
                if reader is not None:
                    with reader, contextlib.suppress(OSError):
                        self._pass_on(reader, card)

    def _connect(self) -> socket.socket | None:
        """pcscd may be away for a while."""
        while not self._stopped.is_set():
            try:
                return connect_to_vpcd(self._daemon, self._reader)
            except OSError:
                self._stopped.wait(RETRY_INTERVAL)
        return None

    def _pass_on(self, reader: socket.socket, card: socket.socket) -> None:
        card.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while card not in select.select([reader, card], [], [])[0]:
            message = receive(reader)
            if message is None:
                return
            try:
                answer = self._exchanged(message, card)
            except Lost:
                self._inserted.clear()
                return
            if answer is not None:
                send(reader, answer)

    def _exchanged(self, message: bytes, card: socket.socket) -> bytes | None:
        if len(message) == CONTROL:
            send(card, message)
            return receive(card) if message == GET_ATR else None
        name = name_of(message)
        self._acts.before(name)
        send(card, message)
        self._acts.during(name)
        answer = receive(card)
        if answer is None:
            raise ConnectionResetError
        self._acts.after(name)
        return answer


class UnknownCard:
    """A card that is neither PIV nor GIDS: it finds no application and knows no command. ``commands`` it got."""

    ATR = bytes.fromhex("3B 80 80 01 01")

    def __init__(self, daemon: Pcscd, reader: int = 0) -> None:
        self.commands: list[Command] = []
        self._vpcd = connect_to_vpcd(daemon, reader)
        self._thread = threading.Thread(target=self._serve, name="unknown card")
        self._thread.start()

    def stop(self) -> None:
        self._vpcd.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._vpcd.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while (message := receive(self._vpcd)) is not None:
                if message == GET_ATR:
                    send(self._vpcd, self.ATR)
                elif len(message) > CONTROL:
                    self.commands.append(Command.parse(message))
                    send(self._vpcd, NOT_FOUND if message[1] == INS.SELECT else NOT_SUPPORTED)


def name_of(message: bytes) -> str:
    """Name and P1-P2; ``…`` behind all but the last command of a chain. Never any data."""
    command = Command.parse(message)
    return f"{command.name} {command.p1:02X}{command.p2:02X}" + ("…" if command.cla & 0x10 else "")


def unread(port: int) -> int:
    """Bytes that were sent to connections with ``port`` and that nobody has read yet (proc(5), /proc/net/tcp)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[4].partition(":")[2], 16) for row in rows if row[2].endswith(f":{port:04X}"))


def connect_to_vpcd(daemon: Pcscd, reader: int) -> socket.socket:
    """Plugs something into the reader. Raises OSError while pcscd is away."""
    address = ("localhost", daemon.port + reader)
    connection = _inside(daemon, lambda: socket.create_connection(address, timeout=60))
    connection.settimeout(None)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _inside(daemon: Pcscd, make: Callable[[], socket.socket]) -> socket.socket:
    """``make`` a socket in pcscd's network. A thread enters it and ends; the socket stays there."""
    if daemon.network is None:
        return make()
    namespace = Path(f"/proc/{daemon.network.pid}/ns/net")

    def enter_and_make() -> socket.socket:
        with namespace.open("rb") as handle:
            if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return make()

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(enter_and_make).result()
