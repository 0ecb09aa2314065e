"""Between CardTool and the RA: passes every request on, counts it, and can lose it or its answer."""

from __future__ import annotations

import http.client
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from tests.system.acts import Acts, Lost

IDENTIFIER = re.compile(r"/[0-9a-f]{32}(?=/|$)")
NOT_OURS = {"connection", "transfer-encoding", "date", "server", "content-length"}


class Gate:
    """``url`` is what CardTool connects to, and so what the RA must be told to be (``--url``).

    ``target`` is the RA's own port.
    """

    def __init__(self, acts: Acts) -> None:
        self.acts = acts
        self.target = 0
        handler = type("Handler", (_Handler,), {"gate": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="gate")
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    gate: ClassVar[Gate]

    def _pass_on(self) -> None:
        name = f"{self.command} {name_of(self.path)}"
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self.gate.acts.before(name)
            answer, content = self._asked(body)
            self.gate.acts.after(name)
            self._answer(answer, content)
        except (Lost, OSError, http.client.HTTPException):  # also when either side is gone
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815 - the names http.server looks for

    def _asked(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.gate.target, timeout=30)
        try:
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def _answer(self, answer: http.client.HTTPResponse, content: bytes) -> None:
        self.send_response_only(answer.status)
        for header, value in answer.getheaders():
            if header.lower() not in NOT_OURS:
                self.send_header(header, value)
        if answer.status != http.client.NO_CONTENT:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Silent: tests have their own eyes."""


def name_of(path: str) -> str:
    """Without the API's prefix, the query and identifiers: ``/orders/*/request``."""
    return IDENTIFIER.sub("/*", path.split("?", maxsplit=1)[0].removeprefix("/api/v1"))
