"""A Connection around a Connection that changes nothing: the base of those that look or meddle."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

from cardtool.pcsc.transport import Connection


class ConnectionDecorator:
    """Hands every call on to ``inner``."""

    def __init__(self, inner: Connection) -> None:
        self._inner = inner

    @property
    def reader(self) -> str:
        return self._inner.reader

    @property
    def atr(self) -> bytes:
        return self._inner.atr

    @property
    def features(self) -> Mapping[int, int]:
        return self._inner.features

    def transmit(self, command: bytes) -> bytes:
        return self._inner.transmit(command)

    def control(self, code: int, data: bytes) -> bytes:
        return self._inner.control(code, data)

    def transaction(self) -> AbstractContextManager[None]:
        return self._inner.transaction()

    def keep_alive(self) -> None:
        self._inner.keep_alive()

    def disconnect(self, *, reset: bool) -> None:
        self._inner.disconnect(reset=reset)
