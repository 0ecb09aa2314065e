"""One-time enrolment codes: printed on the counter's slip, typed once by the customer who applies.

Only a keyed hash is kept. A new code voids the one before, tries or no tries left.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from typing import Final

from server_stub.db.models import Account, EnrolmentCode
from server_stub.problems import Code, Problem
from server_stub.ra import Act
from server_stub.sessions import subject_of

LIFETIME: Final = timedelta(days=30)
TRIES: Final = 5
LENGTH: Final = 12
# Case matters, so letters that look alike in either case are left out, with the digits they resemble.
ALPHABET: Final = "ABCDEFGHJKLMNPQRTUVWXYabcdefghijkmnpqrtuvwxy346789"


def make(act: Act, account: Account, form: str) -> tuple[str, EnrolmentCode]:
    """A new code, and with it the right to apply. It exists nowhere else. Raises Problem NOT_ALLOWED."""
    if not act.ra.policy(account.unit).unit.issuing.enrolment_code:
        raise Problem(Code.NOT_ALLOWED)
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    row = EnrolmentCode(
        account_id=account.id,
        tag=_tag(act, account, code),
        tries_left=TRIES,
        is_used=False,
        expires_at=act.now + LIFETIME,
    )
    row = act.db.merge(row)
    account.registration = "approved"
    act.record("code.made", subject_of(account), form=form)
    return code, row


def use(act: Act, account: Account, code: str) -> None:
    """Spend the code. Raises Problem NOT_APPROVED when there is none to spend, CODE_WRONG."""
    row = act.db.get(EnrolmentCode, account.id, with_for_update=True)
    if row is None or row.is_used or row.expires_at <= act.now or row.tries_left == 0:
        raise Problem(Code.NOT_APPROVED, state="no-code")
    if not hmac.compare_digest(row.tag, _tag(act, account, code)):
        row.tries_left -= 1
        act.record("code.refused", subject_of(account), left=row.tries_left)
        raise Problem(Code.CODE_WRONG, keep=True, attempts_left=row.tries_left)
    row.is_used = True
    act.record("code.used", subject_of(account))


def _tag(act: Act, account: Account, code: str) -> str:
    return act.ra.tags.tag("enrolment-code", account.unit, account.name, code)
