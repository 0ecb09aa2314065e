"""PINs typed on a reader: a pad in software that reads the structures in its own way."""

from __future__ import annotations

import io

import pytest

from cardtool import errors
from cardtool.cards.desk import Desk
from cardtool.cards.piv.session import PivSession
from cardtool.pcsc.pinpad import PinPad
from cardtool.pcsc.trace import TracingConnection
from cardtool.secret import Secret
from tests.support.pad import VERIFY_CODE, Pad
from tests.unit.cards.bench_card import PIN, READER, BenchCard


def on_pad(bench: BenchCard, *typed: str | int) -> tuple[PivSession, PinPad, io.StringIO]:
    out = io.StringIO()
    session = PivSession(TracingConnection(Pad(bench.hub.connect(READER), list(typed)), out))
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
        (0x6400, errors.PinNotSent),
        (0x6401, errors.PinNotSent),
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
