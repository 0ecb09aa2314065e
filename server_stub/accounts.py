"""Signing in with account and site password, and changing that password."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select

from server_stub import captchas, limits, sessions, tries
from server_stub.db.models import Account, SignInSession
from server_stub.passwords import hash_password, is_password
from server_stub.policy.password import breach_of
from server_stub.policy.unit import Unit
from server_stub.problems import Code, Problem
from server_stub.ra import Act, Ra

Result = TypeVar("Result")


@dataclass(frozen=True)
class Attempt:
    """``captcha`` is (id, answer). ``address`` is where the request came from, for the rate limit only.

    ``is_program``: it cannot read a captcha; for units that let programs in.
    """

    unit: str
    account: str
    password: str
    captcha: tuple[str, str] | None
    address: str
    is_program: bool = False


def sign_in(ra: Ra, attempt: Attempt) -> tuple[str, SignInSession]:
    """Token and session. Raises Problem UNIT_UNKNOWN, BUSY, CAPTCHA_*, WRONG_PASSWORD, SUSPENDED."""
    return authenticate(ra, attempt, sessions.begin)


def authenticate(ra: Ra, attempt: Attempt, admit: Callable[[Act, Account], Result]) -> Result:
    """What ``admit`` does once the password was right, in the same transaction. Raises as ``sign_in``.

    The captcha comes before the password hash and costs no try. The hash is computed between two
    transactions, so that nobody waits for it; the second one alone decides, so parallel guesses cannot
    outrun the counter.
    """
    unit = ra.policy(attempt.unit).unit
    with ra.act() as act:
        _admit(act, unit, attempt)
        account = find(act, attempt.unit, attempt.account)
    is_right = is_password(attempt.password, account.password_hash if account else None)
    with ra.act() as act:
        tries.check_open(act, attempt.unit, attempt.account)
        if account is None or not is_right:
            act.record("session.refused", _subject(unit, account))
            raise tries.wrong(act, unit, attempt.account)
        tries.right(act, attempt.unit, attempt.account)
        return admit(act, act.db.merge(account, load=False))


def change_password(ra: Ra, token: str | None, old: str, new: str) -> None:
    """Raises Problem SESSION_EXPIRED, NOT_ALLOWED (signed in by card), WRONG_PASSWORD (counted as at sign-in),
    SUSPENDED, PASSWORD_RULE.

    When the answer was lost and the same change comes again, the old password is wrong but the new one is the
    current one: then it is done already, and costs no try.
    """
    with ra.act(write=False) as act:
        account = sessions.find_by_password(act, token, before_change=True).account
    if not is_password(old, account.password_hash):
        if not account.must_change_password and is_password(new, account.password_hash):
            return
        _refuse_old(ra, token)
    unit = ra.policy(account.unit).unit
    breach = breach_of(unit.site_password, new, old=old)
    if breach:
        raise Problem(Code.PASSWORD_RULE, rule=breach)
    _set_password(ra, token, account.password_hash, hash_password(new))


def confirm_password(ra: Ra, token: str | None, password: str) -> None:
    """The site password again, before something grave; a wrong one counts as at sign-in.

    Raises Problem SESSION_EXPIRED, NOT_ALLOWED (signed in by card), WRONG_PASSWORD, SUSPENDED.
    """
    with ra.act(write=False) as act:
        account = sessions.find_by_password(act, token).account
    if not is_password(password, account.password_hash):
        _refuse_old(ra, token)
    with ra.act() as act:
        tries.right(act, account.unit, account.name)


def find(act: Act, unit: str, name: str) -> Account | None:
    return act.db.scalars(select(Account).where(Account.unit == unit, Account.name == name)).one_or_none()


def _admit(act: Act, unit: Unit, attempt: Attempt) -> None:
    """Everything that is decided before the password is looked at."""
    rates = act.ra.settings.limits
    limits.count(act, "sign-in-address", attempt.address, limit=rates.sign_ins_per_address)
    limits.count(act, "sign-in-account", f"{unit.id}/{attempt.account}", limit=rates.sign_ins_per_account)
    if unit.sign_in.captcha and not attempt.is_program:
        captchas.require(act, unit.id, attempt.captcha)


def _subject(unit: Unit, account: Account | None) -> str:
    """Only names that exist are recorded: people type passwords into the wrong field."""
    return sessions.subject_of(account) if account else f"{unit.id}/unknown"


def _refuse_old(ra: Ra, token: str | None) -> None:
    with ra.act() as act:
        account = sessions.find_by_password(act, token, before_change=True).account
        act.record("password.refused", sessions.subject_of(account))
        raise tries.wrong(act, ra.policy(account.unit).unit, account.name)


def _set_password(ra: Ra, token: str | None, old_hash: str, new_hash: str) -> None:
    with ra.act() as act:
        session = sessions.find_by_password(act, token, before_change=True)
        account = session.account
        if account.password_hash != old_hash:  # changed by someone else meanwhile
            raise Problem(Code.SESSION_EXPIRED)
        account.password_hash = new_hash
        account.must_change_password = False
        tries.right(act, account.unit, account.name)
        again = ra.policy(account.unit).unit.sign_in_again_after_change
        sessions.end_others(act, account, keep=None if again else session.token_hash)
        act.record("password.changed", sessions.subject_of(account))
