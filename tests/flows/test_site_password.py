"""PWS: the site password is changed only as the unit allows, and every wrong one counts once."""

from __future__ import annotations

import pytest

from cardtool.errors import AccountSuspended, Cancelled, RaUnreachable, WrongSitePassword
from cardtool.flows.questions import SitePasswordChange
from cardtool.flows.sign_in import SGN, SignInContext
from cardtool.flows.site_password import PWS
from cardtool.secret import Secret
from tests.support.bench import NEW_PASSWORD, Bench, sign_in
from tests.support.ra_answers import cut_off
from tests.support.template import PASSWORD


def change(old: str, new: str) -> SitePasswordChange:
    return SitePasswordChange(Secret(old), Secret(new))


def context_of(bench: Bench) -> SignInContext:
    return SignInContext(bench.ports, "blue")


def changes_sent(bench: Bench) -> int:
    return len(bench.called("PUT /account/password"))


def opens(bench: Bench, password: str) -> bool:
    bench.client.forget_session()
    bench.says("SGN-1", lambda question: sign_in(question, password=Secret(password)), Cancelled())
    return bench.run(SGN, context_of(bench)) is None


def test_after_the_change_the_new_one_counts(bench: Bench):
    answer = change(PASSWORD, NEW_PASSWORD)
    bench.says("PWS-1", answer)
    assert bench.run(PWS, context_of(bench)) is None
    assert (len(answer.old), len(answer.new)) == (0, 0)
    assert opens(bench, NEW_PASSWORD)


def test_a_wrong_old_one_is_told_with_the_attempts_left(bench: Bench):
    bench.says("PWS-1", change("wrong999", NEW_PASSWORD))
    assert bench.run(PWS, context_of(bench)) is None
    told = bench.errors("PWS-1")[1]
    assert isinstance(told, WrongSitePassword)
    assert told.attempts_left == 4


def test_the_last_wrong_one_suspends(bench: Bench):
    bench.says("PWS-1", *[change("wrong999", NEW_PASSWORD) for _ in range(5)])
    assert isinstance(bench.run(PWS, context_of(bench)), AccountSuspended)


@pytest.mark.parametrize(
    ("new", "rule"),
    [
        ("a1", "length"),
        ("abcdefgh", "digit"),
        ("12345678", "letter"),
        ("密碼abc123", "characters"),
        (PASSWORD, "same"),
    ],
)
def test_what_the_unit_forbids_is_not_sent(bench: Bench, new: str, rule: str):
    """Not even with a wrong old one: that would cost an attempt."""
    bench.says("PWS-1", change(PASSWORD if rule == "same" else "wrong999", new))
    assert bench.run(PWS, context_of(bench)) is None
    error = bench.errors("PWS-1")[1]
    assert error is not None
    assert error.data() == {"rule": rule}
    assert changes_sent(bench) == 1


def test_a_change_whose_answer_was_lost_may_be_made_again(bench: Bench):
    bench.spoil("PUT /account/password", cut_off)
    assert isinstance(bench.run(PWS, context_of(bench)), RaUnreachable)
    assert changes_sent(bench) == 1
    assert bench.run(PWS, context_of(bench)) is None
    assert opens(bench, NEW_PASSWORD)


def test_a_session_that_ends_meanwhile_is_opened_again_in_place(bench: Bench):
    bench.says("PWS-1", lambda _question: bench.office.end_sessions() or change(PASSWORD, NEW_PASSWORD))
    assert bench.run(PWS, context_of(bench)) is None
    assert bench.pages() == ["SGN-1", "PWS-1", "SGN-1", "PWS-1"]
    assert bench.codes("SGN-1") == ["", "R206"]
    assert opens(bench, NEW_PASSWORD)


def test_cancel_changes_nothing(bench: Bench):
    bench.says("PWS-1", Cancelled())
    assert isinstance(bench.run(PWS, context_of(bench)), Cancelled)
    assert changes_sent(bench) == 0
    assert opens(bench, PASSWORD)
