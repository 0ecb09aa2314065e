"""No wasted tries (spec 1.2, 2 and 3.6): what is sent to a card, counted from its APDUs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cardtool.errors import Cancelled, LastTry, PinBlocked, PinNotSent, WrongPin
from cardtool.flows.apply_card import APC, ApplyContext
from cardtool.flows.card_login import CRD
from cardtool.flows.context import Context
from cardtool.flows.engine import Flow
from cardtool.flows.ports import Back
from cardtool.flows.questions import AskPin, PinAnswer
from cardtool.pcsc.apdu import INS
from tests.support.bench import READER, SECOND, Bench, pin
from tests.support.template import PIN, PIN_TRIES, WRONG_PIN

ALSO_WRONG = "888888"


def card_login(bench: Bench) -> Context:
    return Context(bench.ports)


def application(bench: Bench) -> Context:
    return ApplyContext(bench.ports, "blue")


FLOWS = [pytest.param(CRD, card_login, "CRD-2", id="CRD"), pytest.param(APC, application, "APC-3", id="APC")]
every_flow = pytest.mark.parametrize(("flow", "context_of", "page"), FLOWS)
Make = Callable[[Bench], Context]


@pytest.mark.parametrize(
    ("typed", "rule"),
    [
        ("12345", "length"),
        ("123456789", "length"),
        ("", "length"),
        ("12 456", "characters"),
        ("12345\n", "characters"),
        ("密碼", "characters"),
    ],
)
def test_what_cannot_be_right_is_not_sent(bench: Bench, typed: str, rule: str):
    answer = pin(typed)
    bench.says("CRD-2", answer)
    assert bench.run(CRD, card_login(bench)) is None
    refused = bench.errors("CRD-2")[1]
    assert isinstance(refused, PinNotSent)
    assert refused.rule == rule
    assert not answer.pin, "wiped"
    assert bench.pins_presented() == 1
    assert bench.tries_left() == PIN_TRIES


def test_the_units_rule_for_pins_counts_in_an_application(bench: Bench):
    bench.says("APC-3", pin("12345"))
    assert bench.run(APC, application(bench)) is None
    refused = bench.errors("APC-3")[1]
    assert isinstance(refused, PinNotSent)
    assert (refused.minimum, refused.maximum) == (6, 8)
    assert bench.pins_presented() == 1


@every_flow
def test_a_wrong_one_is_told_with_the_tries_left(
    bench: Bench, flow: Flow[Context], context_of: Make, page: str
):
    bench.says(page, pin(WRONG_PIN))
    assert bench.run(flow, context_of(bench)) is None
    told = bench.errors(page)[1]
    assert isinstance(told, WrongPin)
    assert told.tries_left == PIN_TRIES - 1
    assert [question.tries_left for question in bench.asked(page)] == [PIN_TRIES, PIN_TRIES - 1]
    assert bench.pins_presented() == 2


@every_flow
def test_the_same_wrong_one_is_not_sent_again(bench: Bench, flow: Flow[Context], context_of: Make, page: str):
    bench.says(page, pin(WRONG_PIN), pin(WRONG_PIN), pin(WRONG_PIN))
    context = context_of(bench)
    assert bench.run(flow, context) is None
    assert bench.codes(page) == ["", "C201", "C203", "C203"]
    assert bench.pins_presented() == 2
    assert bench.tries_left() == PIN_TRIES, "the right one reset them"
    assert context.refused_pins == {}, "wiped"


@every_flow
def test_the_last_try_is_used_only_when_the_person_says_so(
    bench: Bench, flow: Flow[Context], context_of: Make, page: str
):
    bench.card.state.pin.tries = 1
    bench.says(page, pin(PIN), pin(PIN, last_try=True))
    assert bench.run(flow, context_of(bench)) is None
    assert [type(error) for error in bench.errors(page)] == [type(None), LastTry]
    assert bench.asked(page)[0].tries_left == 1
    assert bench.pins_presented() == 1


@every_flow
def test_tries_used_elsewhere_meanwhile_are_noticed(
    bench: Bench, flow: Flow[Context], context_of: Make, page: str
):
    """The page said three; another program used two of them while the person typed."""

    def meanwhile(_question: AskPin) -> PinAnswer:
        bench.card.state.pin.tries = 1
        return pin(WRONG_PIN)

    bench.says(page, meanwhile, pin(PIN, last_try=True))
    assert bench.run(flow, context_of(bench)) is None
    assert bench.codes(page) == ["", "C207"]
    assert bench.pins_presented() == 1


@every_flow
def test_the_last_wrong_one_blocks_and_ends(bench: Bench, flow: Flow[Context], context_of: Make, page: str):
    bench.card.state.pin.tries = 1
    bench.says(page, pin(WRONG_PIN, last_try=True))
    assert isinstance(bench.run(flow, context_of(bench)), PinBlocked)
    assert bench.pins_presented() == 1
    assert not bench.wrote()


@every_flow
def test_a_blocked_pin_is_told_before_anything_is_typed(
    bench: Bench, flow: Flow[Context], context_of: Make, page: str
):
    bench.card.state.pin.tries = 0
    cards = page[:4] + ("2" if page == "APC-3" else "1")
    bench.says(cards, Cancelled())
    assert isinstance(bench.run(flow, context_of(bench)), Cancelled)
    (choice,) = bench.asked(cards)[0].choices
    assert isinstance(choice.obstacle, PinBlocked)
    assert bench.asked(page) == []
    assert bench.pins_presented() == 0


@every_flow
def test_one_that_another_program_blocks_meanwhile_is_not_sent(
    bench: Bench, flow: Flow[Context], context_of: Make, page: str
):
    def meanwhile(_question: AskPin) -> PinAnswer:
        bench.card.state.pin.tries = 0
        return pin(PIN)

    bench.says(page, meanwhile)
    assert isinstance(bench.run(flow, context_of(bench)), PinBlocked)
    assert bench.pins_presented() == 0


def test_every_pin_typed_is_wiped(bench: Bench):
    typed = [pin(WRONG_PIN), pin(ALSO_WRONG), pin("12"), pin(PIN, last_try=True)]
    bench.says("CRD-2", *typed)
    assert bench.run(CRD, card_login(bench)) is None
    assert [len(answer.pin) for answer in typed] == [0, 0, 0, 0]


def test_what_one_card_called_wrong_another_may_be_asked(bench: Bench):
    """Two cards with two PINs, and the person first took the wrong card."""
    bench.card.state.pin.replace(ALSO_WRONG.encode())
    bench.hub.plug(SECOND)
    bench.hub.insert(SECOND, bench.other)
    bench.says("CRD-1", READER, SECOND)
    bench.says("CRD-2", pin(PIN), Back(), pin(PIN))
    assert bench.run(CRD, card_login(bench)) is None
    assert bench.codes("CRD-2") == ["", "C201", ""]
    assert bench.pins_presented() == 2


def test_nor_is_it_forgotten_when_that_card_is_taken_again(bench: Bench):
    bench.says("CRD-1", READER)
    bench.says("CRD-2", pin(WRONG_PIN), Back(), pin(WRONG_PIN))
    assert bench.run(CRD, card_login(bench)) is None
    assert bench.codes("CRD-2") == ["", "C201", "", "C203"]
    assert bench.pins_presented() == 2


def test_a_card_that_takes_digits_only_refuses_letters_without_a_try(bench: Bench):
    bench.spoil_apdu(INS.VERIFY, b"\x6a\x80")
    bench.says("CRD-2", pin("abcdef"))
    assert bench.run(CRD, card_login(bench)) is None
    assert bench.codes("CRD-2") == ["", "C204"]


def test_after_the_login_the_card_forgets_the_pin(bench: Bench):
    context = card_login(bench)
    assert bench.run(CRD, context) is None
    assert context.pin is None
    assert not context.holds_card
    assert context.chosen_card.pin is not None
    assert not context.chosen_card.pin.verified


@pytest.mark.parametrize("unit", ["green"])
class TestPinAlways:
    """9C: the PIN again right before every signature, in the same transaction, at most three times."""

    def test_it_is_asked_for_once_and_wiped(self, bench: Bench, unit: str):
        answer = pin(PIN)
        bench.says("APC-3", answer)
        context = ApplyContext(bench.ports, unit)
        assert bench.run(APC, context) is None
        assert bench.pages().count("APC-3") == 1
        assert not answer.pin
        assert context.pin is None

    def test_it_is_sent_for_the_request_and_the_proof_only(self, bench: Bench, unit: str):
        assert bench.run(APC, ApplyContext(bench.ports, unit)) is None
        signatures = [apdu for apdu in bench.sent(INS.GENERAL_AUTHENTICATE) if apdu.command.p2 == 0x9C]
        assert len(signatures) == 2
        assert bench.pins_presented() == 1 + len(signatures)

    def test_a_resumed_application_stays_within_three(self, bench: Bench, unit: str):
        bench.before_act["prove"] = lambda: bench.hub.pull(READER)
        bench.says("APC-2", lambda _question: bench.hub.insert(READER, bench.card))
        assert bench.run(APC, ApplyContext(bench.ports, unit)) is None
        assert bench.pages().count("APC-3") == 2


def test_in_9a_one_verify_serves_all_signatures(bench: Bench):
    assert bench.run(APC, application(bench)) is None
    assert bench.pins_presented() == 1
