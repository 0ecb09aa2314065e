"""An optional trace of card traffic: one JSON object a line, redacted by ``redact``.

``{"time", "reader", "command", "header", "sent", "received", "sw", "ms"}``; ``data`` and ``answer`` (hex)
where they may be shown; ``sent`` and ``received`` are lengths in bytes, ``error`` is a code.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TextIO

from cardtool.errors import CardToolError
from cardtool.pcsc.decorator import ConnectionDecorator
from cardtool.pcsc.redact import Redactor
from cardtool.pcsc.transport import Connection

Entry = dict[str, str | int | float]


class TracingConnection(ConnectionDecorator):
    """Writes a line for every exchange. PIN-pad control traffic is counted by length only."""

    def __init__(self, inner: Connection, out: TextIO) -> None:
        super().__init__(inner)
        self._out = out
        self._redactor = Redactor()

    def transmit(self, command: bytes) -> bytes:
        started = time.perf_counter()
        try:
            answer = self._inner.transmit(command)
        except CardToolError as error:
            self._write(self._entry(command, b"", started) | {"error": error.code})
            raise
        self._write(self._entry(command, answer, started) | {"sw": answer[-2:].hex().upper()})
        return answer

    def control(self, code: int, data: bytes) -> bytes:
        answer = self._inner.control(code, data)
        self._write({"command": f"CONTROL {code:08X}", "sent": len(data), "received": len(answer)})
        return answer

    def _entry(self, command: bytes, answer: bytes, started: float) -> Entry:
        shown = self._redactor.exchange(command, answer)
        entry: Entry = {
            "command": shown.name,
            "header": shown.header.hex().upper(),
            "sent": len(command),
            "received": len(answer),
            "ms": round((time.perf_counter() - started) * 1000, 1),
        }
        if shown.data is not None and shown.answer is not None:
            entry |= {"data": shown.data.hex().upper(), "answer": shown.answer.hex().upper()}
        return entry

    def _write(self, entry: Entry) -> None:
        stamp: Entry = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "reader": self.reader}
        self._out.write(json.dumps(stamp | entry) + "\n")
        self._out.flush()
