"""SGN and OUT: wrong passwords, captchas, suspension, the first sign-in, sessions that end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cardtool.errors import (
    AccountSuspended,
    Cancelled,
    RaFault,
    RaUnreachable,
    UnitUnknown,
    WrongSitePassword,
)
from cardtool.flows.ports import Back
from cardtool.flows.questions import AskSignIn
from cardtool.flows.sign_in import OUT, SGN, SignInContext
from cardtool.secret import Secret
from server_stub.db.models import Account
from tests.support.bench import NEW_PASSWORD, Bench, sign_in
from tests.support.ra_answers import cut_off, fault, problem
from tests.support.template import ACCOUNT, OTHER_ACCOUNT, PASSWORD

WRONG = "wrong999"


def context_of(bench: Bench, unit: str = "blue", account: str = "") -> SignInContext:
    return SignInContext(bench.ports, unit, account)


def with_password(password: str) -> Callable[[AskSignIn], object]:
    return lambda question: sign_in(question, password=Secret(password))


def must_change(bench: Bench) -> None:
    with bench.office.ra.act("test") as act:
        act.db.query(Account).filter(Account.name == ACCOUNT).one().must_change_password = True


def test_a_wrong_password_is_told_with_the_attempts_left_and_costs_one(bench: Bench):
    bench.says("SGN-1", with_password(WRONG))
    context = context_of(bench)
    assert bench.run(SGN, context) is None
    told = bench.errors("SGN-1")[1]
    assert isinstance(told, WrongSitePassword)
    assert told.attempts_left == 4
    assert context.session is not None
    assert len(bench.called("POST /sessions")) == 2


def test_the_name_that_was_typed_is_kept_for_the_next_try(bench: Bench):
    bench.says("SGN-1", with_password(WRONG))
    bench.run(SGN, context_of(bench))
    assert [question.account for question in bench.asked("SGN-1")] == ["", ACCOUNT]


def test_every_password_typed_is_wiped(bench: Bench):
    typed = [Secret(WRONG), Secret(PASSWORD)]
    bench.says("SGN-1", *(lambda question, one=one: sign_in(question, password=one) for one in typed))
    bench.run(SGN, context_of(bench))
    assert [len(one) for one in typed] == [0, 0]


@pytest.mark.parametrize("exchange", [cut_off, fault], ids=["cut off", "503"])
def test_a_password_is_not_sent_twice_by_itself_and_wiped(bench: Bench, exchange):
    typed = Secret(PASSWORD)
    bench.says("SGN-1", lambda question: sign_in(question, password=typed))
    bench.spoil("POST /sessions", exchange)
    ended = bench.run(SGN, context_of(bench))
    assert isinstance(ended, RaUnreachable | RaFault)
    assert len(bench.called("POST /sessions")) == 1
    assert not typed


def test_suspension_ends_the_wizard_even_with_the_right_password(bench: Bench):
    bench.says("SGN-1", *[with_password(WRONG)] * 5)
    assert isinstance(bench.run(SGN, context_of(bench)), AccountSuspended)
    assert bench.codes("SGN-1") == ["", "R201", "R201", "R201", "R201"]
    assert isinstance(bench.run(SGN, context_of(bench)), AccountSuspended)


def test_what_the_ra_cannot_read_is_asked_again(bench: Bench):
    """An empty or far too long name or password ends no wizard."""
    bench.says("SGN-1", with_password(""), lambda question: sign_in(question, account="x" * 65))
    bench.says("SGN-1", lambda question: sign_in(question, account=ACCOUNT))
    assert bench.run(SGN, context_of(bench)) is None
    assert bench.codes("SGN-1") == ["", "R108", "R108"]


def test_a_unit_that_does_not_exist(bench: Bench):
    assert isinstance(bench.run(SGN, context_of(bench, unit="nowhere")), UnitUnknown)
    assert bench.asked() == []


@pytest.mark.parametrize("unit", ["exchange"])
class TestCaptcha:
    def test_a_wrong_one_costs_no_password_attempt_and_brings_a_new_picture(self, bench: Bench, unit: str):
        bench.says("SGN-1", lambda question: sign_in(question, captcha="00000"), with_password(WRONG))
        assert bench.run(SGN, context_of(bench, unit)) is None
        _, second, third = bench.errors("SGN-1")
        assert second is not None
        assert second.code == "R202"
        assert isinstance(third, WrongSitePassword)
        assert third.attempts_left == 2
        pictures = {question.captcha.id for question in bench.asked("SGN-1") if question.captcha}
        assert len(pictures) == 3

    def test_one_that_is_too_old(self, bench: Bench, unit: str):
        def six_minutes_later(question: AskSignIn) -> object:
            with bench.office.ra.act("test") as act:
                bench.office.ra.clock.advance(act.db, 6 * 60)
            return sign_in(question)

        bench.says("SGN-1", six_minutes_later)
        assert bench.run(SGN, context_of(bench, unit)) is None
        assert bench.codes("SGN-1") == ["", "R203"]

    def test_another_picture_is_no_attempt(self, bench: Bench, unit: str):
        bench.says("SGN-1", lambda question: sign_in(question, new_captcha=True))
        assert bench.run(SGN, context_of(bench, unit)) is None
        assert bench.codes("SGN-1") == ["", ""]
        assert len(bench.called("POST /sessions")) == 1

    def test_choosing_another_unit_asks_again_before_anything_is_sent(self, bench: Bench, unit: str):
        typed = Secret(PASSWORD)
        bench.says("SGN-1", lambda question: sign_in(question, unit="blue", password=typed))
        bench.says("SGN-1", lambda question: sign_in(question, unit=unit))
        assert bench.run(SGN, context_of(bench, unit)) is None
        shown = [(question.unit, question.captcha is not None) for question in bench.asked("SGN-1")]
        assert shown == [(unit, True), ("blue", False), (unit, True)]
        assert len(bench.called("POST /sessions")) == 1
        assert not typed

    def test_an_empty_one_is_asked_again(self, bench: Bench, unit: str):
        bench.says("SGN-1", lambda question: sign_in(question, captcha=""))
        assert bench.run(SGN, context_of(bench, unit)) is None
        assert len(bench.asked("SGN-1")) == 2


class TestFirstSignIn:
    @pytest.mark.parametrize(
        ("new", "rule"), [("ab1", "length"), ("abcdefgh", "digit"), ("ab-12345", "characters")]
    )
    def test_the_rule_is_checked_before_anything_is_sent(self, bench: Bench, new: str, rule: str):
        must_change(bench)
        typed = Secret(new)
        bench.says("SGN-2", typed)
        assert bench.run(SGN, context_of(bench)) is None
        error = bench.errors("SGN-2")[1]
        assert error is not None
        assert error.data() == {"rule": rule}
        assert len(bench.called("PUT /account/password")) == 1
        assert not typed

    def test_the_old_password_is_not_taken_as_the_new_one(self, bench: Bench):
        must_change(bench)
        bench.says("SGN-2", Secret(PASSWORD))
        assert bench.run(SGN, context_of(bench)) is None
        error = bench.errors("SGN-2")[1]
        assert error is not None
        assert error.data() == {"rule": "same"}

    def test_what_the_ra_refuses_all_the_same_is_asked_again(self, bench: Bench):
        must_change(bench)
        bench.refuse("PUT /account/password", problem(422, "R207", rule="characters"))
        assert bench.run(SGN, context_of(bench)) is None
        assert bench.codes("SGN-2") == ["", "R207"]

    def test_the_new_password_opens_the_next_session(self, bench: Bench):
        must_change(bench)
        context = context_of(bench)
        assert bench.run(SGN, context) is None
        assert context.site_password is None
        bench.client.forget_session()
        bench.says("SGN-1", with_password(NEW_PASSWORD))
        assert bench.run(SGN, context_of(bench)) is None

    def test_a_session_that_ended_meanwhile_is_opened_again(self, bench: Bench):
        must_change(bench)

        def after_a_long_lunch(_question: object) -> Secret:
            bench.office.end_sessions()
            return Secret(NEW_PASSWORD)

        bench.says("SGN-2", after_a_long_lunch)
        assert bench.run(SGN, context_of(bench)) is None
        assert bench.codes("SGN-1") == ["", "R206"]

    def test_leaving_keeps_no_password(self, bench: Bench):
        must_change(bench)
        bench.says("SGN-2", Back())
        context = context_of(bench)
        assert isinstance(bench.run(SGN, context), Cancelled)
        assert context.site_password is None

    def test_a_kept_session_that_still_wants_its_change_signs_in_anew(self, bench: Bench):
        must_change(bench)
        bench.says("SGN-2", Cancelled())
        bench.run(SGN, context_of(bench))
        assert bench.run(SGN, context_of(bench)) is None
        assert bench.pages() == ["SGN-1", "SGN-2", "SGN-1", "SGN-2"]


class TestKeptSession:
    def test_nothing_is_asked(self, bench: Bench):
        bench.run(SGN, context_of(bench))
        context = context_of(bench, unit="", account="")
        assert bench.run(SGN, context) is None
        assert bench.pages() == ["SGN-1"]
        assert (context.unit_id, context.account_name) == ("blue", ACCOUNT)

    def test_it_does_not_serve_another_account(self, bench: Bench):
        bench.run(SGN, context_of(bench))
        bench.says("SGN-1", lambda question: sign_in(question, account=question.account))
        context = context_of(bench, account=OTHER_ACCOUNT)
        assert bench.run(SGN, context) is None
        assert context.session is not None
        assert context.session.account == OTHER_ACCOUNT

    def test_that_of_a_suspended_account_does_not_keep_others_out(self, bench: Bench):
        bench.run(SGN, context_of(bench))
        bench.refuse("GET /sessions/current", problem(403, "R204"))
        bench.says("SGN-1", lambda question: sign_in(question, account=question.account))
        assert bench.run(SGN, context_of(bench, account=OTHER_ACCOUNT)) is None


class TestSignOut:
    def test_no_is_no(self, bench: Bench):
        bench.run(SGN, context_of(bench))
        bench.says("OUT-1", False)
        assert isinstance(bench.run(OUT, context_of(bench)), Cancelled)
        assert bench.client.current_session().account == ACCOUNT

    def test_yes_ends_the_session_here_and_there(self, bench: Bench):
        bench.run(SGN, context_of(bench))
        token = bench.client.token()
        assert bench.run(OUT, context_of(bench)) is None
        assert not bench.client.has_session
        bench.client._http.token = token
        assert bench.run(OUT, context_of(bench)) is None
        assert len(bench.asked("OUT-1")) == 1

    def test_without_a_session_nothing_is_asked(self, bench: Bench):
        assert bench.run(OUT, context_of(bench)) is None
        assert bench.asked() == []

    def test_a_session_that_ended_by_itself_is_signed_out(self, bench: Bench):
        bench.run(SGN, context_of(bench))
        bench.says("OUT-1", lambda _question: bench.office.end_sessions() or True)
        assert bench.run(OUT, context_of(bench)) is None

    def test_where_the_ra_cannot_be_told_the_token_is_forgotten_all_the_same(self, bench: Bench):
        bench.run(SGN, context_of(bench))
        bench.spoil("DELETE /sessions/current", cut_off)
        assert isinstance(bench.run(OUT, context_of(bench)), RaUnreachable)
        assert not bench.client.has_session


def test_cancel_on_the_first_page_sends_nothing(bench: Bench):
    bench.says("SGN-1", Cancelled())
    assert isinstance(bench.run(SGN, context_of(bench)), Cancelled)
    assert bench.called("POST .*") == []


def test_back_on_the_first_page_leaves(bench: Bench):
    bench.says("SGN-1", Back())
    assert isinstance(bench.run(SGN, context_of(bench)), Cancelled)
