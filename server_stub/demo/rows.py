"""The row of the product's state table (state → primary action) that an account is in, as far as the RA knows."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from server_stub import orders, tries
from server_stub.db.models import Account, Certificate, Order
from server_stub.ra import Act

UNFINISHED = 12
BARRED = 13
ON_HOLD = 16
APPLY_AGAIN = 17
REGISTER_AGAIN = 18
FRESH = 19
RENEW = 21
FINE = 25


def row_of(act: Act, account: Account) -> int:
    """Asked anew at every start, so that the table tells what is, not what once was."""
    if account.must_change_password or tries.is_suspended(act, account.unit, account.name):
        return BARRED
    if orders.of_account(act, account, None, only_open=True):
        return UNFINISHED
    certificates = _certificates(act, account)
    if not certificates:
        return FRESH if account.registration == "approved" else REGISTER_AGAIN
    return _row_of_newest(act, account, certificates[0])


def _row_of_newest(act: Act, account: Account, newest: Certificate) -> int:
    if newest.state == "revoked" or newest.not_after < act.now:
        return APPLY_AGAIN if account.registration == "approved" else REGISTER_AGAIN
    if newest.state == "on-hold":
        return ON_HOLD
    opens = timedelta(days=act.ra.policy(account.unit).unit.renewal_opens_days)
    return RENEW if newest.not_after - act.now < opens else FINE


def _certificates(act: Act, account: Account) -> list[Certificate]:
    """Newest first."""
    chosen = select(Certificate).join(Order, Certificate.order_id == Order.id)
    chosen = chosen.where(Order.account_id == account.id, Certificate.pem.is_not(None))
    return list(act.db.scalars(chosen.order_by(Certificate.not_before.desc())))
