"""Runs the application in uvicorn: on a socket bound beforehand, with a clean end."""

from __future__ import annotations

import gc
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from server_stub.protocol import Protocol

SECONDS_TO_END = 5
SWITCH_SECONDS = 0.0005
"""So long may a thread that computes keep the others waiting, among them the one that holds the database's lock."""


@dataclass(frozen=True)
class Tls:
    """``clients``: the CAs (PEM) whose certificates a client may show; it need not show any."""

    certificate: Path
    key: Path
    clients: Path | None = None


class Server(uvicorn.Server):
    """``ready`` is called once, when requests are answered."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.freeze()  # what is there now stays: to look through it again would hold all answers up for 0.1 s and more
        if self.started:
            self._ready()


def bind(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 picks a free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's algorithm on, and answers wait 40 ms for an acknowledgement.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    return bound


def run(
    app: ASGIApp,
    bound: socket.socket,
    *,
    tls: Tls | None,
    ready: Callable[[], None],
    until: Callable[[], object] | None = None,
) -> None:
    """Serve until SIGTERM, SIGINT, or ``until`` returns (in a thread of its own). Requests in hand are finished."""
    config = uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SECONDS_TO_END,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
        ssl_ca_certs=str(tls.clients) if tls and tls.clients else None,
        ssl_cert_reqs=ssl.CERT_OPTIONAL if tls and tls.clients else ssl.CERT_NONE,
    )
    server = Server(config, ready)
    sys.setswitchinterval(SWITCH_SECONDS)
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises them again when all is done
        signal.signal(number, lambda *_: None)
    if until is not None:
        threading.Thread(target=_stop_after, args=(until, server), daemon=True).start()
    server.run([bound])


def end_of_input() -> None:
    """Wait for the end of standard input, past Python's buffer: its lock would break the end of the process."""
    while os.read(sys.stdin.fileno(), 1024):
        pass


def _stop_after(until: Callable[[], object], server: Server) -> None:
    until()
    server.should_exit = True
