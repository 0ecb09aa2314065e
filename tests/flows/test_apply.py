"""APC: terms, registration, slots, sessions and the way back; single faults are the matrix's business."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cardtool.errors import (
    Cancelled,
    ClockWrong,
    RaFault,
    RegistrationNotApproved,
    TermsNotAccepted,
)
from cardtool.flows.apply_card import APC, ApplyContext
from cardtool.flows.ports import Back
from cardtool.flows.questions import AcceptTerms, AskPin, ChooseCard, PinAnswer
from cardtool.flows.signature_test import SIG, SignatureTestContext
from cardtool.pcsc.apdu import INS
from cardtool.pcsc.virtual.piv import codec
from server_stub import standing
from server_stub.db.models import Account, Certificate, Order
from tests.support.bench import READER, Bench, pin
from tests.support.ra_answers import fault, problem
from tests.support.template import ACCOUNT, PIN

CERTIFICATE_OF_9A = 0x5FC105
REQUEST = "POST /orders/[0-9a-f]+/request"


def context_of(bench: Bench) -> ApplyContext:
    return ApplyContext(bench.ports, "blue")


def register_again(bench: Bench) -> None:
    with bench.office.ra.act("test") as act:
        act.db.query(Account).filter(Account.name == ACCOUNT).one().registration = "approved"


def later(bench: Bench, **time: int) -> None:
    with bench.office.ra.act("test") as act:
        bench.office.ra.clock.advance(act.db, int(timedelta(**time).total_seconds()))


def orders(bench: Bench) -> list[str]:
    with bench.office.ra.act(write=False) as act:
        return [order.state for order in act.db.query(Order).order_by(Order.created_at)]


def untouched(bench: Bench) -> bool:
    return codec.encode(bench.card.state) == bench.template.card and not bench.wrote()


def test_the_pages_of_an_application(bench: Bench):
    context = context_of(bench)
    assert bench.run(APC, context) is None
    assert bench.pages() == ["SGN-1", "APC-1", "APC-3"]
    assert context.outcome is not None
    assert context.outcome.slot == "9A"
    assert not context.outcome.resumed
    assert bench.run(SIG, SignatureTestContext(bench.ports)) is None
    assert bench.ports.journal.entries() == ()


def test_what_was_written_is_read_back_and_then_signs(bench: Bench):
    assert bench.run(APC, context_of(bench)) is None
    instructions = [apdu.command.ins for apdu in bench.sent()]
    last_write = max(place for place, ins in enumerate(instructions) if ins == INS.PUT_DATA)
    after = [ins for ins in instructions[last_write + 1 :] if ins != INS.GET_RESPONSE]
    assert after[0] == INS.GET_DATA
    assert after[-1] == INS.GENERAL_AUTHENTICATE


class TestTerms:
    def test_not_accepted_nothing_begins(self, bench: Bench):
        bench.says("APC-1", False)
        assert isinstance(bench.run(APC, context_of(bench)), TermsNotAccepted)
        assert orders(bench) == []
        assert untouched(bench)

    def test_changed_meanwhile_they_are_shown_again(self, bench: Bench):
        bench.refuse("POST /orders", problem(409, "R304"))
        assert bench.run(APC, context_of(bench)) is None
        assert bench.codes("APC-1") == ["", "R304"]
        assert bench.pages() == ["SGN-1", "APC-1", "APC-3", "APC-1", "APC-3"]

    def test_changed_meanwhile_and_then_not_accepted(self, bench: Bench):
        bench.refuse("POST /orders", problem(409, "R304"))
        bench.says("APC-1", True, False)
        assert isinstance(bench.run(APC, context_of(bench)), TermsNotAccepted)
        assert not bench.wrote()


@pytest.mark.parametrize("registration", ["pending", "rejected", "used"])
def test_a_registration_that_is_not_approved(bench: Bench, registration: str):
    with bench.office.ra.act("test") as act:
        act.db.query(Account).filter(Account.name == ACCOUNT).one().registration = registration
    assert isinstance(bench.run(APC, context_of(bench)), RegistrationNotApproved)
    assert bench.pages() == ["SGN-1"]
    assert untouched(bench)


class TestSlots:
    def test_a_working_certificate_is_told_before_the_pin(self, bench: Bench):
        assert bench.run(APC, context_of(bench)) is None
        register_again(bench)
        before = codec.encode(bench.card.state)
        bench.says("APC-2", READER, Cancelled())
        assert isinstance(bench.run(APC, context_of(bench)), Cancelled)
        assert bench.codes("APC-2") == ["", "C307"]
        assert bench.pages().count("APC-3") == 1
        assert codec.encode(bench.card.state) == before

    def test_the_slot_of_an_expired_one_is_used_again(self, bench: Bench):
        assert bench.run(APC, context_of(bench)) is None
        first = bench.card.state.objects[CERTIFICATE_OF_9A]
        register_again(bench)
        later(bench, days=400)
        context = context_of(bench)
        assert bench.run(APC, context) is None
        assert context.outcome is not None
        assert context.outcome.slot == "9A"
        assert bench.card.state.objects[CERTIFICATE_OF_9A] != first

    def test_the_slot_of_a_revoked_one_is_used_again(self, bench: Bench):
        assert bench.run(APC, context_of(bench)) is None
        with bench.office.ra.act("test") as act:
            row = act.db.query(Certificate).filter(Certificate.profile == "signing").one()
            standing.revoke(act, row, "keyCompromise")
        register_again(bench)
        assert bench.run(APC, context_of(bench)) is None

    def test_all_of_it_where_only_staff_show_a_certificate_again(self, bench: Bench):
        """Then the RA gives it out but once, and certificates are told by serial and key."""
        bench.office.change_issuing("blue", redownload="staff")
        context = context_of(bench)
        assert bench.run(APC, context) is None
        assert context.outcome is not None
        assert [one.pem for one in bench.client.certificates()] == [None]
        register_again(bench)
        bench.says("APC-2", READER, Cancelled())
        assert isinstance(bench.run(APC, context_of(bench)), Cancelled)
        assert bench.codes("APC-2") == ["", "C307"]
        with bench.office.ra.act("test") as act:
            row = act.db.query(Certificate).filter(Certificate.profile == "signing").one()
            standing.revoke(act, row, "keyCompromise")
        assert bench.run(APC, context_of(bench)) is None

    def test_what_is_no_certificate_is_in_nobodys_way(self, bench: Bench):
        bench.card.state.objects[CERTIFICATE_OF_9A] = bytes.fromhex("70023000710100FE00")
        assert bench.run(APC, context_of(bench)) is None


class TestSession:
    @pytest.mark.parametrize("page", ["APC-1", "APC-3"])
    def test_it_ends_mid_wizard_and_the_wizard_goes_on_in_place(self, bench: Bench, page: str):
        def long_pause(question: AcceptTerms | AskPin) -> object:
            later(bench, minutes=31)
            return True if isinstance(question, AcceptTerms) else pin(PIN)

        bench.says(page, long_pause)
        assert bench.run(APC, context_of(bench)) is None
        assert bench.codes("SGN-1") == ["", "R206"]
        assert bench.pages().count("APC-1") == 1
        again = bench.asked("SGN-1")[1]
        assert (again.account, again.fixed_account) == (ACCOUNT, True)

    @pytest.mark.parametrize("act", ["create-key", "prove"])
    def test_it_ends_while_working(self, bench: Bench, act: str):
        bench.before_act[act] = bench.office.end_sessions
        context = context_of(bench)
        assert bench.run(APC, context) is None
        assert orders(bench) == ["stored"]
        assert len(bench.sent(INS.GENERATE_ASYMMETRIC_KEY_PAIR)) <= 2

    def test_the_account_stays_the_same(self, bench: Bench):
        """Whatever name comes back, the wizard goes on for the person it began with."""
        bench.before_act["create-key"] = bench.office.end_sessions
        context = context_of(bench)
        assert bench.run(APC, context) is None
        assert context.account_name == ACCOUNT


def test_a_wrong_clock_is_told_before_anything_is_begun(bench: Bench):
    bench.clock_off_by = timedelta(hours=-2)
    assert isinstance(bench.run(APC, context_of(bench)), ClockWrong)
    assert bench.pages() == ["SGN-1"]
    assert untouched(bench)


class TestBack:
    def test_from_the_pin_to_the_card(self, bench: Bench):
        bench.says("APC-3", Back())
        bench.says("APC-2", READER)
        assert bench.run(APC, context_of(bench)) is None
        assert bench.pages() == ["SGN-1", "APC-1", "APC-3", "APC-2", "APC-3"]

    def test_from_the_card_to_the_terms(self, bench: Bench):
        bench.says("APC-3", Back())
        bench.says("APC-2", Back(), READER)
        assert bench.run(APC, context_of(bench)) is None
        assert bench.pages() == ["SGN-1", "APC-1", "APC-3", "APC-2", "APC-1", "APC-2", "APC-3"]

    def test_from_the_terms_there_is_only_leaving(self, bench: Bench):
        bench.says("APC-1", Back())
        assert isinstance(bench.run(APC, context_of(bench)), Cancelled)
        assert untouched(bench)

    def test_from_the_card_of_an_application_under_way_there_is_only_leaving(self, bench: Bench):
        bench.spoil(REQUEST, fault)
        assert isinstance(bench.run(APC, context_of(bench)), RaFault)
        bench.hub.pull(READER)
        bench.says("APC-2", Back())
        assert isinstance(bench.run(APC, context_of(bench)), Cancelled)
        assert bench.pages()[-1] == "APC-2"


class TestCancel:
    @pytest.mark.parametrize("page", ["SGN-1", "APC-1", "APC-2", "APC-3"])
    def test_on_any_page_nothing_is_begun(self, bench: Bench, page: str):
        if page == "APC-2":
            bench.hub.pull(READER)
        bench.says(page, Cancelled())
        assert isinstance(bench.run(APC, context_of(bench)), Cancelled)
        assert orders(bench) == []
        assert untouched(bench)

    @pytest.mark.parametrize("act", ["create-key", "prove"])
    def test_while_working_it_is_taken_up_again(self, bench: Bench, act: str):
        def wish() -> None:
            bench.cancelled = True

        bench.before_act[act] = wish
        first = bench.run(APC, context_of(bench))
        assert first is None or isinstance(first, Cancelled)
        bench.cancelled = False
        if first is not None:
            assert [entry.flow for entry in bench.ports.journal.entries()] == ["APC"]
            context = context_of(bench)
            assert bench.run(APC, context) is None
            assert context.outcome is not None
            assert context.outcome.resumed
        assert orders(bench) == ["stored"]


class TestTakenUpAgain:
    def test_the_terms_are_not_asked_again_and_the_page_says_so(self, bench: Bench):
        bench.spoil(REQUEST, fault)
        bench.run(APC, context_of(bench))
        bench.log.clear()
        assert bench.run(APC, context_of(bench)) is None
        assert bench.pages() == ["APC-3"]
        assert bench.asked("APC-3")[0].resumed

    def test_on_another_computer_without_a_journal(self, bench: Bench):
        bench.before_act["write"] = lambda: bench.hub.unplug(READER)
        bench.says("APC-2", RaFault())
        bench.run(APC, context_of(bench))
        (bench.folder / "journal.json").unlink()
        bench.hub.plug(READER)
        bench.hub.insert(READER, bench.card)
        made = len(bench.sent(INS.GENERATE_ASYMMETRIC_KEY_PAIR))
        context = context_of(bench)
        assert bench.run(APC, context) is None
        assert orders(bench) == ["stored"]
        assert len(bench.sent(INS.GENERATE_ASYMMETRIC_KEY_PAIR)) == made

    def test_a_key_that_was_destroyed_meanwhile_begins_again(self, bench: Bench):
        bench.before_act["write"] = lambda: bench.hub.unplug(READER)
        bench.says("APC-2", RaFault())
        bench.run(APC, context_of(bench))
        del bench.card.state.keys[0x9A]
        bench.hub.plug(READER)
        bench.hub.insert(READER, bench.card)
        assert bench.run(APC, context_of(bench)) is None
        assert sorted(orders(bench)) == ["cancelled", "stored"]

    def test_the_card_waited_for_is_the_own_one(self, bench: Bench):
        """Pulled while working; the neighbour's card is put in first."""

        def put_in_the_wrong_one(_question: ChooseCard) -> None:
            bench.hub.insert(READER, bench.other)

        bench.before_act["write"] = lambda: bench.hub.pull(READER)
        bench.says("APC-2", put_in_the_wrong_one, lambda _q: bench.hub.insert(READER, bench.card))
        assert bench.run(APC, context_of(bench)) is None
        assert codec.encode(bench.other.state) == bench.template.other


def test_a_pin_answered_for_a_card_that_is_gone_is_wiped(bench: Bench):
    answer = pin(PIN)

    def gone(_question: AskPin) -> PinAnswer:
        bench.hub.unplug(READER)
        return answer

    bench.says("APC-3", gone)
    bench.says("APC-2", Cancelled())
    bench.run(APC, context_of(bench))
    assert not answer.pin
