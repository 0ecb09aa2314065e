"""PINs typed on a reader: a pad in software that reads the structures in its own way."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pytest

from cardtool import errors
from cardtool.cards.desk import Desk
from cardtool.cards.piv.session import PivSession
from cardtool.pcsc.decorator import ConnectionDecorator
from cardtool.pcsc.pinpad import PinPad
from cardtool.pcsc.trace import TracingConnection
from cardtool.pcsc.transport import Connection
from cardtool.secret import Secret
from tests.unit.cards.bench_card import PIN, READER, BenchCard

VERIFY_CODE, MODIFY_CODE = 0x42330006, 0x42330007


class Pad(ConnectionDecorator):
    """``typed``: what the person types, in turn; an int is what the pad answers instead."""

    def __init__(self, inner: Connection, *typed: str | int) -> None:
        super().__init__(inner)
        self.typed = list(typed)

    @property
    def features(self) -> Mapping[int, int]:
        return {0x06: VERIFY_CODE, 0x07: MODIFY_CODE}

    def control(self, code: int, data: bytes) -> bytes:
        if isinstance(self.typed[0], int):
            return self.typed.pop(0).to_bytes(2, "big")  # type: ignore[union-attr]
        head, offsets = (19, [0]) if code == VERIFY_CODE else (24, [data[5], data[6]])
        command = bytearray(data[head:])
        assert int.from_bytes(data[head - 4 : head], "little") == len(command)
        for offset in offsets:
            pin = str(self.typed.pop(0)).encode()
            assert data[6 if head == 19 else 8] <= len(pin) <= data[5 if head == 19 else 7]
            command[5 + offset : 5 + offset + len(pin)] = pin
        return self._inner.transmit(bytes(command))


def on_pad(bench: BenchCard, *typed: str | int) -> tuple[PivSession, PinPad, io.StringIO]:
    out = io.StringIO()
    session = PivSession(TracingConnection(Pad(bench.hub.connect(READER), *typed), out))
    session.select()
    pad = session.pin_pad()
    assert pad is not None
    return session, pad, out


def test_verified_and_changed_without_the_pin_passing_through() -> None:
    bench = BenchCard()
    session, pad, out = on_pad(bench, PIN, PIN, "246813", "246813")
    session.verify_pin_on_pad(pad)
    assert session.pin_status().verified
    session.change_pin_on_pad(pad)
    session.verify_pin_on_pad(pad)
    assert session.status_gained
    assert "CONTROL" in out.getvalue()
    assert "FFFFFF" not in out.getvalue(), "structures are told by their length only"


def test_a_wrong_pin_and_a_blocked_one() -> None:
    session, pad, _out = on_pad(BenchCard(), "999999", "999999", "999999")
    for tries_left in (2, 1):
        with pytest.raises(errors.WrongPin) as caught:
            session.verify_pin_on_pad(pad)
        assert caught.value.tries_left == tries_left
    with pytest.raises(errors.PinBlocked):
        session.verify_pin_on_pad(pad)
    assert not session.status_gained


@pytest.mark.parametrize(
    ("sw", "error"),
    [
        (0x6400, errors.Cancelled),
        (0x6401, errors.Cancelled),
        (0x6402, errors.PinNotSent),
        (0x6403, errors.PinNotSent),
    ],
)
def test_the_person_gives_up_and_no_try_is_used(sw: int, error: type[Exception]) -> None:
    session, pad, _out = on_pad(BenchCard(), sw, sw)
    with pytest.raises(error):
        session.verify_pin_on_pad(pad)
    with pytest.raises(error):
        session.change_pin_on_pad(pad)
    assert session.pin_status().tries_left == 3
    assert not session.status_gained


def test_a_reader_with_half_a_pad_or_none() -> None:
    session, _pad, _out = on_pad(BenchCard())
    with pytest.raises(errors.NotSupportedByCard):
        session.change_pin_on_pad(PinPad(VERIFY_CODE, None))
    with Desk(BenchCard().hub).session(READER) as plain:
        assert plain.pin_pad() is None
        plain.verify_pin(Secret(PIN))
