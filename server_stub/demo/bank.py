"""The bank of the demo world. No money moves: it keeps books in a table, and misbehaves on order.

It does so by practice faults (``server_stub/demo/faults.py``), and for account numbers that end in:

==== ==============================================================
0001 there is no such account
0002 it is somebody else's
0003 it is blocked
0004 there is too little money in it
0005 to reserve: no answer, and nothing was done
0006 to reserve: no answer, though it was done
==== ==============================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.orm import Session

from server_stub.bank import BankAccount, BankRefused, BankUnreachable, Held, Money
from server_stub.db.engine import Database
from server_stub.db.models import PracticeDebit
from server_stub.demo import faults
from server_stub.demo.faults import Name

_REFUSED_BY_CHECK: Final = {"0001": "no-account", "0002": "not-holder", "0003": "blocked"}
_WITHOUT_MONEY: Final = "0004"
_MUTE: Final = "0005"
_LATE: Final = "0006"


class PracticeBank:
    """Implements ``server_stub.bank.Bank``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def check(self, account: BankAccount) -> None:
        with self._call(Name.BANK_REFUSES):
            reason = _REFUSED_BY_CHECK.get(account.number[-4:])
            if reason is not None:
                raise BankRefused(reason)

    def reserve(self, reference: str, account: BankAccount, money: Money) -> None:
        ending = account.number[-4:]
        if ending == _MUTE:
            raise BankUnreachable
        with self._call(Name.BANK_REFUSES, Name.BANK_LATE) as books:
            row = books.get(PracticeDebit, reference)
            if ending == _WITHOUT_MONEY:
                raise BankRefused("funds")
            if row is None:
                books.add(_entry(reference, Held.RESERVED, money))
            elif row.state == Held.RELEASED:
                raise BankRefused("other")
        if ending == _LATE:
            raise BankUnreachable

    def capture(self, reference: str) -> None:
        with self._call(Name.BANK_LATE) as books:
            row = books.get(PracticeDebit, reference)
            if row is None or row.state == Held.RELEASED:
                raise BankRefused("other")
            row.state = Held.CAPTURED

    def release(self, reference: str) -> None:
        with self._call(Name.BANK_LATE) as books:
            row = books.get(PracticeDebit, reference)
            if row is None:
                books.add(_entry(reference, Held.RELEASED, Money(0, "")))
            elif row.state == Held.CAPTURED:
                raise BankRefused("other")
            else:
                row.state = Held.RELEASED

    def look_up(self, reference: str) -> Held | None:
        with self._call() as books:
            row = books.get(PracticeDebit, reference)
            return Held(row.state) if row else None

    @contextmanager
    def _call(self, *fitting: Name) -> Iterator[Session]:
        """One call: it arrives and is done, unless a fault is ordered that fits; the answer may be late."""
        with self._database.session(write=True) as books:
            fault = faults.use_one(books, Name.BANK_TIMES_OUT, *fitting)
            if fault not in (None, Name.BANK_LATE):
                books.commit()
                raise BankRefused("funds") if fault == Name.BANK_REFUSES else BankUnreachable
            yield books
            books.commit()
        if fault == Name.BANK_LATE:
            raise BankUnreachable


def _entry(reference: str, state: Held, money: Money) -> PracticeDebit:
    return PracticeDebit(reference=reference, state=state, amount=money.amount, currency=money.currency)
