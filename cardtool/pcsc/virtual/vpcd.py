"""The plug of a software card into pcscd: a client of vpcd's protocol (Virtual Smart Card, "vpcd").

Messages both ways are a two-byte big-endian length and that many bytes. One byte from vpcd is a control byte,
more are a command APDU. vpcd takes an open connection for an inserted card, and its end for a pull.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Protocol

from cardtool.pcsc.virtual.reader_slot import SoftCard

DEFAULT_PORT = 35963
RETRY_INTERVAL = 0.2
"""Seconds between attempts to reach vpcd while pcscd is not running."""

_QUICK_ACKNOWLEDGEMENT: int | None = getattr(socket, "TCP_QUICKACK", None)  # Linux has it

POWER_OFF = 0
POWER_ON = 1
RESET = 2
GET_ATR = 4


class PluggableCard(SoftCard, Protocol):
    @property
    def atr(self) -> bytes:
        """Told without power, too."""
        ...


class VpcdPlug:
    """Keeps a card in vpcd, also across restarts of pcscd. ``run`` blocks; the rest is for other threads."""

    def __init__(self, card: PluggableCard, host: str = "localhost", port: int = DEFAULT_PORT) -> None:
        self._card = card
        self._address = (host, port)
        self._changed = threading.Condition()
        self._inserted = True
        self._stopped = False
        self._connection: socket.socket | None = None

    def run(self) -> None:
        """Until ``stop``: connect whenever the card is to be inserted, and answer."""
        while self._wait_until_wanted():
            connection = self._connect()
            if connection is None:
                continue
            with connection:
                self._serve(connection)
            self._card.power_off()

    def insert(self) -> None:
        with self._changed:
            self._inserted = True
            self._changed.notify_all()

    def pull(self) -> None:
        """Also in the midst of a command: the card loses power, nothing is answered."""
        with self._changed:
            self._inserted = False
            self._hang_up()
        self._card.power_off()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            self._hang_up()
        self._card.power_off()

    def _wait_until_wanted(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._inserted or self._stopped)
            return not self._stopped

    def _connect(self) -> socket.socket | None:
        try:
            connection = socket.create_connection(self._address)
        except OSError:
            with self._changed:
                self._changed.wait_for(lambda: self._stopped, RETRY_INTERVAL)
            return None
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._changed:
            if self._inserted and not self._stopped:
                self._connection = connection
                return connection
        connection.close()
        return None

    def _hang_up(self) -> None:
        """Wakes ``_serve``; the thread that runs it closes the socket."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while (message := receive(connection)) is not None:
                answer = self._control(message[0]) if len(message) == 1 else self._card.transmit(message)
                if answer is not None:
                    send(connection, answer)

    def _control(self, control: int) -> bytes | None:
        if control == POWER_OFF:
            self._card.power_off()
        elif control == POWER_ON:
            self._card.power_on()
        elif control == RESET:
            self._card.reset()
        return self._card.atr if control == GET_ATR else None


def receive(connection: socket.socket) -> bytes | None:
    """One message; None when the other side has gone. Raises OSError."""
    if _QUICK_ACKNOWLEDGEMENT is not None:
        # vpcd writes the length and the message apart; unless the first is acknowledged at once, the second is
        # held back for 40 ms. The kernel forgets this option, hence each time.
        connection.setsockopt(socket.IPPROTO_TCP, _QUICK_ACKNOWLEDGEMENT, 1)
    size = _receive_exactly(connection, 2)
    return None if size is None else _receive_exactly(connection, int.from_bytes(size, "big"))


def send(connection: socket.socket, message: bytes) -> None:
    connection.sendall(len(message).to_bytes(2, "big") + message)


def _receive_exactly(connection: socket.socket, size: int) -> bytes | None:
    received = bytearray()
    while len(received) < size:
        part = connection.recv(size - len(received))
        if not part:
            return None
        received += part
    return bytes(received)
