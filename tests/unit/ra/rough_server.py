"""A little HTTP server on loopback that misbehaves on order: each connection plays the next behaviour."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.parser import BytesParser

Behaviour = Callable[[socket.socket], None]


def answer(
    body: bytes | dict[str, object] = b"",
    status: int = 200,
    kind: str = "application/json",
    length: int | None = None,
    **headers: str,
) -> Behaviour:
    """A whole answer; ``length`` may lie. Header names are given with _ for -."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    fields = {"Content-Type": kind, "Content-Length": str(len(raw) if length is None else length), **given}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())

    def send(connection: socket.socket) -> None:
        connection.sendall(f"HTTP/1.1 {status} X\r\n{head}Connection: close\r\n\r\n".encode() + raw)

    return send


def problem(code: str, status: int, **members: object) -> Behaviour:
    document = {"type": f"urn:cardtool:problem:{code}", "title": "t", "status": status, "code": code}
    return answer({**document, **members}, status, "application/problem+json")


def drop(connection: socket.socket) -> None:
    """The connection ends without an answer."""


def raw(*pieces: bytes, pause: float = 0.0, stop: threading.Event | None = None) -> Behaviour:
    """Bytes as they are, with a pause after each piece (ended early by ``stop``)."""
    waiting = stop or threading.Event()

    def send(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
            if pause and waiting.wait(pause):
                return

    return send


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class RoughServer:
    """``behaviours`` are played in order, the last one for good. ``requests`` is what came."""

    behaviours: list[Behaviour]
    context: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    def __post_init__(self) -> None:
        scheme, host = ("https", "localhost") if self.context else ("http", "127.0.0.1")
        self.port = int(self.listener.getsockname()[1])
        self.url = f"{scheme}://{host}:{self.port}"

    def run(self) -> None:
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            with suppress(OSError), connection:
                connection.settimeout(30)
                self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        if self.context is None:
            self._play(connection)
            return
        with self.context.wrap_socket(connection, server_side=True) as secured:
            self._play(secured)

    def _play(self, connection: socket.socket) -> None:
        request = read_request(connection)
        if request is None:
            return
        behaviour = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
        self.requests.append(request)
        behaviour(connection)


def read_request(connection: socket.socket) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    line, _, fields = head.partition(b"\r\n")
    headers = {name.lower(): value for name, value in BytesParser().parsebytes(fields).items()}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    method, path, _ = line.decode().split(" ")
    return Request(method, path, headers, body)


@contextmanager
def serving(*behaviours: Behaviour, context: ssl.SSLContext | None = None) -> Iterator[RoughServer]:
    server = RoughServer(list(behaviours), context)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.listener.shutdown(socket.SHUT_RDWR)
        server.listener.close()
        thread.join()


@contextmanager
def listening(behaviour: Behaviour) -> Iterator[int]:
    """A port whose every connection plays ``behaviour`` after the first bytes, whatever they are."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with suppress(OSError):
            while True:
                with listener.accept()[0] as connection:
                    connection.recv(65536)
                    behaviour(connection)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
