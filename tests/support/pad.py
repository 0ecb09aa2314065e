"""A reader with a PIN pad, in software: it reads the structures of PC/SC part 10 in its own way."""

from __future__ import annotations

from collections.abc import Mapping

from cardtool.pcsc.decorator import ConnectionDecorator
from cardtool.pcsc.transport import Connection

VERIFY_CODE, MODIFY_CODE = 0x42330006, 0x42330007


class Pad(ConnectionDecorator):
    """``typed``: what the person types, in turn; an int is what the pad answers instead. Emptied as it is used."""

    def __init__(self, inner: Connection, typed: list[str | int]) -> None:
        super().__init__(inner)
        self.typed = typed

    @property
    def features(self) -> Mapping[int, int]:
        return {0x06: VERIFY_CODE, 0x07: MODIFY_CODE}

    def control(self, code: int, data: bytes) -> bytes:
        first = self.typed[0]
        if isinstance(first, int):
            self.typed.pop(0)
            return first.to_bytes(2, "big")
        head, offsets = (19, [0]) if code == VERIFY_CODE else (24, [data[5], data[6]])
        command = bytearray(data[head:])
        assert int.from_bytes(data[head - 4 : head], "little") == len(command)
        for offset in offsets:
            pin = str(self.typed.pop(0)).encode()
            assert data[6 if head == 19 else 8] <= len(pin) <= data[5 if head == 19 else 7]
            command[5 + offset : 5 + offset + len(pin)] = pin
        return self._inner.transmit(bytes(command))
