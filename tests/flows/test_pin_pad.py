"""The PIN typed on the reader: announced each time, one VERIFY each, no value in this program (spec 3.1, 3.6)."""

from __future__ import annotations

import pytest

from cardtool.errors import LastTry, NotSupportedByCard, PinNotSent, WrongPin
from cardtool.flows.apply_card import APC, ApplyContext
from cardtool.flows.card_login import CRD
from cardtool.flows.context import Context
from cardtool.flows.ports import PinOnReader
from cardtool.flows.questions import PinAnswer
from cardtool.flows.signature_test import SIG, SignatureTestContext
from tests.support.bench import Bench, pin
from tests.support.template import PIN, PIN_TRIES, WRONG_PIN

ON_READER = PinAnswer(None)
TIMED_OUT = 0x6400


def test_card_login_on_the_pad(bench: Bench):
    typed = bench.with_pad(PIN)
    bench.says("CRD-2", ON_READER)
    assert bench.run(CRD, Context(bench.ports)) is None
    assert [question.pad for question in bench.asked("CRD-2")] == [True]
    assert bench.reader_asked == [PinOnReader(1), None]
    assert not typed
    assert bench.pins_presented() == 1


def test_it_may_be_typed_here_all_the_same(bench: Bench):
    bench.with_pad()
    bench.says("CRD-2", pin(PIN))
    assert bench.run(CRD, Context(bench.ports)) is None
    assert not bench.reader_asked


@pytest.mark.parametrize(
    ("first", "error", "presented"), [(WRONG_PIN, WrongPin, 2), (TIMED_OUT, PinNotSent, 1)]
)
def test_what_goes_wrong_on_the_pad_is_asked_again(
    bench: Bench, first: str | int, error: type[Exception], presented: int
):
    bench.with_pad(first, PIN)
    bench.says("CRD-2", ON_READER, ON_READER)
    assert bench.run(CRD, Context(bench.ports)) is None
    assert isinstance(bench.errors("CRD-2")[1], error)
    assert bench.pins_presented() == presented


def test_the_last_try_is_confirmed_before_the_pad_asks(bench: Bench):
    bench.with_pad(WRONG_PIN, WRONG_PIN, PIN)
    bench.says("CRD-2", *[ON_READER] * PIN_TRIES, PinAnswer(None, last_try=True))
    assert bench.run(CRD, Context(bench.ports)) is None
    assert isinstance(bench.errors("CRD-2")[-1], LastTry)
    assert len([asked for asked in bench.reader_asked if asked]) == PIN_TRIES


@pytest.mark.parametrize("unit", ["green"])
def test_each_signature_with_9c_is_announced(bench: Bench):
    bench.with_pad(PIN, PIN, PIN)
    bench.says("APC-3", ON_READER)
    assert bench.run(APC, ApplyContext(bench.ports, "green")) is None
    asked = [wanted for wanted in bench.reader_asked if wanted]
    assert asked == [PinOnReader(1), PinOnReader(2, 3), PinOnReader(3, 3)]


@pytest.mark.parametrize("unit", ["green"])
@pytest.mark.parametrize("second", [WRONG_PIN, TIMED_OUT])
def test_a_later_pin_that_goes_wrong_leads_back_to_its_page(bench: Bench, second: str | int):
    """Nothing is lost: the order goes on where it was."""
    bench.with_pad(PIN, second, PIN, PIN, PIN, PIN)
    bench.says("APC-3", ON_READER, ON_READER)
    context = ApplyContext(bench.ports, "green")
    assert bench.run(APC, context) is None
    assert len(bench.asked("APC-3")) == 2
    assert bench.tries_left() == PIN_TRIES


def test_signature_test_on_the_pad(bench: Bench):
    bench.with_pad(PIN, PIN)
    bench.says("APC-3", ON_READER)
    bench.says("SIG-2", ON_READER)
    assert bench.run(APC, ApplyContext(bench.ports, "blue")) is None
    assert bench.run(SIG, SignatureTestContext(bench.ports)) is None


def test_the_pad_went_away(bench: Bench):
    """Asked for on a reader without one: told, never a PIN sent in another way."""
    bench.says("CRD-2", ON_READER)
    assert isinstance(bench.run(CRD, Context(bench.ports)), NotSupportedByCard)
    assert bench.pins_presented() == 0
