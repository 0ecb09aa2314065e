"""The connections of one client: with our trust, and cut at a deadline or when the client is closed.

requests' timeouts end a silence, not an answer that drips one byte at a time; so every socket is kept
in sight from the moment it is opened and can be cut from another thread.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager


class Lines:
    """All sockets that are open now."""

    def __init__(self) -> None:
        self._open: WeakSet[socket.socket] = WeakSet()
        self._lock = threading.Lock()
        self._closed = False

    def watch(self, opened: socket.socket) -> socket.socket:
        with self._lock:
            self._open.add(opened)
            closed = self._closed
        if closed:
            _close_abruptly(opened)
        return opened

    def close(self) -> None:
        """Cut all, now and whatever is still being opened."""
        with self._lock:
            self._closed = True
        self.cut()

    def cut(self) -> None:
        """Cut them all; whoever reads from one gets an error."""
        with self._lock:
            sockets = list(self._open)
        for opened in sockets:
            _close_abruptly(opened)

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[threading.Event]:
        """Cut after ``seconds``; the event tells that it came to that."""
        passed = threading.Event()

        def end() -> None:
            passed.set()
            self.cut()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield passed
        finally:
            timer.cancel()
            timer.join()

    def pool_classes(self) -> dict[str, type[HTTPConnectionPool]]:
        """urllib3's connection pools, showing us every socket they open, and again once TLS has wrapped it."""
        lines = self

        class PlainConnection(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return lines.watch(super()._new_conn())

        class TlsConnection(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return lines.watch(super()._new_conn())

            def connect(self) -> None:
                super().connect()
                lines.watch(self.sock)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = PlainConnection

        class TlsPool(HTTPSConnectionPool):
            ConnectionCls = TlsConnection

        return {"http": PlainPool, "https": TlsPool}


class TrustingAdapter(HTTPAdapter):
    """requests' adapter with our TLS context in place of its bundled list of authorities, and our lines."""

    def __init__(self, context: ssl.SSLContext, lines: Lines) -> None:
        self._context = context
        self._lines = lines
        super().__init__(pool_connections=1, pool_maxsize=2)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, ssl_context=self._context, **options)
        self._watch(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, **options)
        self._watch(manager)
        return manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ARG002
        """Trust is the context's alone: neither requests' own list nor REQUESTS_CA_BUNDLE joins it."""
        conn.cert_reqs = "CERT_REQUIRED"
        conn.ca_certs = None

    def _watch(self, manager: PoolManager) -> None:
        manager.pool_classes_by_scheme = self._lines.pool_classes()


def _close_abruptly(sock: socket.socket) -> None:
    """End both directions at once, from whatever thread: a read that blocks on it returns."""
    try:
        # Not sock.shutdown: SSLSocket's own would tear the TLS object out from under the reading thread.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        return
