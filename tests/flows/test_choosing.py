"""Readers and cards: which card is taken, which is refused and why, and what happens when it goes away."""

from __future__ import annotations

from typing import Any

import pytest

from cardtool.errors import Cancelled, CardSwapped, NoCertificate
from cardtool.flows.apply_card import APC, ApplyContext
from cardtool.flows.card_login import CRD
from cardtool.flows.context import Context
from cardtool.flows.ports import Back
from cardtool.flows.questions import AskPin, ChooseCard, PinAnswer
from cardtool.flows.signature_test import SIG, SignatureTestContext
from cardtool.pcsc.apdu import INS
from cardtool.pcsc.virtual.piv import VirtualPivCard, codec
from server_stub.db.models import Account, Card
from tests.support.bench import READER, SECOND, Bench, pin
from tests.support.template import ACCOUNT, OTHER_CARD_ID, PIN
from tests.support.unknown_card import UnknownCard


def second_card(bench: Bench, card: Any = None) -> None:
    bench.hub.plug(SECOND)
    bench.hub.insert(SECOND, card or bench.other)


def obstacles(question: ChooseCard) -> list[str]:
    return [choice.obstacle.code if choice.obstacle else "" for choice in question.choices]


def put_back(bench: Bench) -> None:
    """The person answers "look again" after the own card was put in."""
    bench.hub.plug(READER)
    bench.hub.release(READER)
    bench.hub.insert(READER, bench.card)


@pytest.mark.parametrize(
    ("trouble", "code"),
    [("empty", "C106"), ("mute", "C105"), ("held", "C104"), ("unknown", "C301"), ("none", "")],
)
def test_the_page_waits_until_the_card_can_be_used(bench: Bench, trouble: str, code: str):
    {
        "empty": lambda: bench.hub.pull(READER),
        "mute": lambda: bench.hub.insert_mute(READER),
        "held": lambda: bench.hub.hold(READER),
        "unknown": lambda: bench.hub.insert(READER, UnknownCard()),
        "none": lambda: bench.hub.unplug(READER),
    }[trouble]()
    bench.says("CRD-1", None, lambda _question: put_back(bench))
    assert bench.run(CRD, Context(bench.ports)) is None
    assert [obstacles(question) for question in bench.asked("CRD-1")] == [[code] if code else []] * 2
    assert bench.pages() == ["CRD-1", "CRD-1", "CRD-2"]


def test_choosing_what_cannot_be_used_says_why(bench: Bench):
    bench.hub.insert(READER, UnknownCard())
    bench.says("CRD-1", READER, "No such reader", Cancelled())
    assert isinstance(bench.run(CRD, Context(bench.ports)), Cancelled)
    assert bench.codes("CRD-1") == ["", "C301", "C106"]


def test_an_unknown_card_is_only_asked_what_it_is(bench: Bench):
    unknown = UnknownCard()
    bench.hub.insert(READER, unknown)
    bench.says("APC-2", READER, Cancelled())
    bench.run(APC, ApplyContext(bench.ports, "blue"))
    assert {command[1] for command in unknown.commands} == {INS.SELECT}


class TestTwoCards:
    def test_the_person_is_asked_which(self, bench: Bench):
        second_card(bench)
        bench.says("CRD-1", SECOND)
        context = Context(bench.ports)
        assert bench.run(CRD, context) is None
        assert obstacles(bench.asked("CRD-1")[0]) == ["", ""]
        assert context.chosen_card.reader == SECOND

    def test_a_reader_named_beforehand_is_taken(self, bench: Bench):
        second_card(bench)
        context = Context(bench.ports, reader=SECOND)
        assert bench.run(CRD, context) is None
        assert context.chosen_card.reader == SECOND
        assert bench.asked("CRD-1") == []

    def test_only_the_own_one_fits_an_application(self, bench: Bench):
        second_card(bench)
        assert bench.run(APC, ApplyContext(bench.ports, "blue")) is None
        assert bench.asked("APC-2") == []
        assert codec.encode(bench.other.state) == bench.template.other

    def test_two_own_ones_are_asked_about(self, bench: Bench):
        with bench.office.ra.act("test") as act:
            own = act.db.query(Account).filter(Account.name == ACCOUNT).one()
            act.db.get_one(Card, OTHER_CARD_ID).account_id = own.id
        second_card(bench)
        bench.says("APC-2", SECOND)
        context = ApplyContext(bench.ports, "blue")
        assert bench.run(APC, context) is None
        assert context.outcome is not None
        assert context.outcome.card_id == OTHER_CARD_ID
        assert codec.encode(bench.card.state) == bench.template.card


class TestApplication:
    """APC-2: this customer's card?"""

    def test_another_customers_card_is_refused(self, bench: Bench):
        bench.hub.insert(READER, bench.other)
        bench.says("APC-2", READER, Cancelled())
        assert isinstance(bench.run(APC, ApplyContext(bench.ports, "blue")), Cancelled)
        assert bench.codes("APC-2") == ["", "C302"]
        assert bench.pins_presented() == 0
        assert codec.encode(bench.other.state) == bench.template.other

    def test_a_blank_card_is_refused(self, bench: Bench):
        bench.hub.insert(READER, VirtualPivCard.create())
        bench.says("APC-2", READER, Cancelled())
        assert isinstance(bench.run(APC, ApplyContext(bench.ports, "blue")), Cancelled)
        assert bench.codes("APC-2") == ["", "C304"]
        assert bench.pins_presented() == 0

    def test_a_card_the_ra_does_not_know_is_refused(self, bench: Bench):
        with bench.office.ra.act("test") as act:
            act.db.get_one(Card, OTHER_CARD_ID).key_fingerprint = None
        bench.hub.insert(READER, bench.other)
        bench.says("APC-2", Cancelled())
        bench.run(APC, ApplyContext(bench.ports, "blue"))
        assert obstacles(bench.asked("APC-2")[0]) == ["C304"]


class TestSwapped:
    """Another card between two pages: recognised, refused, nothing written (spec 2.6)."""

    @pytest.mark.parametrize("kind", ["another customer's", "blank", "unknown"])
    def test_at_the_pin_page(self, bench: Bench, kind: str):
        other = {"another customer's": bench.other, "unknown": UnknownCard()}.get(kind)
        card = other or VirtualPivCard.create()
        answer = pin(PIN)

        def swap(_question: AskPin) -> PinAnswer:
            bench.hub.insert(READER, card)
            return answer

        bench.says("APC-3", swap)
        bench.says("APC-2", READER, Cancelled())
        assert isinstance(bench.run(APC, ApplyContext(bench.ports, "blue")), Cancelled)
        told = [error for error in bench.errors("APC-2") if error is not None]
        assert isinstance(told[0], CardSwapped)
        assert bench.pins_presented() == 0
        assert not bench.wrote()
        assert not answer.pin

    def test_the_right_card_goes_on_in_place(self, bench: Bench):
        def swap(_question: AskPin) -> PinAnswer:
            bench.hub.insert(READER, bench.other)
            return pin(PIN)

        bench.says("APC-3", swap)
        bench.says("APC-2", lambda _question: put_back(bench))
        assert bench.run(APC, ApplyContext(bench.ports, "blue")) is None
        assert bench.pages() == ["SGN-1", "APC-1", "APC-3", "APC-2", "APC-3"]
        assert codec.encode(bench.other.state) == bench.template.other

    def test_the_person_may_go_back_and_take_the_other_one_on_purpose(self, bench: Bench):
        def swap(_question: AskPin) -> PinAnswer:
            bench.hub.insert(READER, bench.other)
            return pin(PIN)

        bench.says("CRD-2", swap, Back(), pin(PIN))
        bench.says("CRD-1", READER, lambda _question: put_back(bench), READER)
        assert bench.run(CRD, Context(bench.ports)) is None
        assert bench.codes("CRD-1") == ["C303", "C303", ""]

    @pytest.mark.parametrize("act", ["create-key", "write"])
    def test_while_working(self, bench: Bench, act: str):
        bench.before_act[act] = lambda: bench.hub.insert(READER, bench.other)
        bench.says("APC-2", lambda _question: put_back(bench))
        context = ApplyContext(bench.ports, "blue")
        assert bench.run(APC, context) is None
        assert context.outcome is not None
        assert codec.encode(bench.other.state) == bench.template.other


class TestGone:
    def test_pulled_at_the_pin_page_the_wizard_waits_for_it(self, bench: Bench):
        def pull(_question: AskPin) -> PinAnswer:
            bench.hub.pull(READER)
            return pin(PIN)

        bench.says("CRD-2", pull)
        bench.says("CRD-1", lambda _question: put_back(bench))
        assert bench.run(CRD, Context(bench.ports)) is None
        assert bench.codes("CRD-1") == ["C106"]

    def test_in_another_reader_it_is_found(self, bench: Bench):
        def move(_question: AskPin) -> PinAnswer:
            bench.hub.unplug(READER)
            second_card(bench, bench.card)
            return pin(PIN)

        bench.says("CRD-2", move)
        context = Context(bench.ports)
        assert bench.run(CRD, context) is None
        assert context.chosen_card.reader == SECOND
        assert bench.pages() == ["CRD-2", "CRD-2"]

    def test_taken_by_another_program_the_wizard_waits(self, bench: Bench):
        def take(_question: AskPin) -> PinAnswer:
            bench.hub.hold(READER)
            return pin(PIN)

        bench.says("CRD-2", take)
        bench.says("CRD-1", lambda _question: bench.hub.release(READER))
        assert bench.run(CRD, Context(bench.ports)) is None
        assert bench.codes("CRD-1") == ["C104"]

    def test_the_person_is_asked_for_consent_again_and_told_why(self, bench: Bench):
        bench.before_act["create-key"] = lambda: bench.hub.reset_by_other(READER)
        assert bench.run(APC, ApplyContext(bench.ports, "blue")) is None
        assert bench.codes("APC-3") == ["", "C103"]
        assert [question.accepted_before for question in bench.asked("APC-3")] == [False, True]

    def test_after_the_login_it_is_waited_for_too(self, bench: Bench, monkeypatch: pytest.MonkeyPatch):
        """Between the PIN and the overview."""
        logged_in = bench.ports.desk.survey

        def gone_at_the_second_look() -> object:
            if bench.pins_presented():
                monkeypatch.setattr(bench.ports.desk, "survey", logged_in)
                bench.hub.unplug(READER)
            return logged_in()

        monkeypatch.setattr(bench.ports.desk, "survey", gone_at_the_second_look)
        bench.says("CRD-1", lambda _question: put_back(bench))
        assert bench.run(CRD, Context(bench.ports)) is None
        assert bench.codes("CRD-1") == ["C101"]


class TestSignatureTest:
    def test_without_a_certificate_no_pin_is_asked(self, bench: Bench):
        assert isinstance(bench.run(SIG, SignatureTestContext(bench.ports)), NoCertificate)
        assert bench.pins_presented() == 0

    def test_garbage_in_a_slot_is_no_certificate(self, bench: Bench):
        bench.card.state.objects[0x5FC105] = bytes.fromhex("7003020100710100FE00")
        assert isinstance(bench.run(SIG, SignatureTestContext(bench.ports)), NoCertificate)

    def test_back_leads_to_the_card_where_there_is_one_certificate(self, bench: Bench):
        assert bench.run(APC, ApplyContext(bench.ports, "blue")) is None
        bench.says("SIG-2", Back())
        bench.says("SIG-1", READER)
        context = SignatureTestContext(bench.ports)
        assert bench.run(SIG, context) is None
        assert context.outcome is not None
        assert bench.pages()[-3:] == ["SIG-2", "SIG-1", "SIG-2"]
