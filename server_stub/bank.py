"""The bank as the RA sees it: what an adapter has to do, and how one is put in place of the bundled one.

No real bank is bundled. In demo mode there is one for practice (``server_stub/demo/bank.py``), which moves no money;
an RA in earnest has none until it is started with ``--bank MODULE:NAME``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from typing import Protocol


class BankRefused(Exception):
    """``reason``: no-account | not-holder | blocked | funds | kind | other. Nothing was reserved."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BankUnreachable(Exception):
    """No answer in time. What was asked for may have been done, or may still be."""


class BadBank(Exception):
    """The message says why the adapter cannot be used."""


@dataclass(frozen=True)
class BankAccount:
    """``kind``: passbook | giro. ``holder``: who must own it, as registered."""

    kind: str
    number: str = field(repr=False)
    holder: str = field(repr=False)


@dataclass(frozen=True)
class Money:
    """``amount``: whole units of ``currency`` (ISO 4217)."""

    amount: int
    currency: str


class Held(StrEnum):
    """What the bank has under a reference: set aside, taken, or given back."""

    RESERVED = "reserved"
    CAPTURED = "captured"
    RELEASED = "released"


class Bank(Protocol):
    """Each call answers within 2 seconds, or raises BankUnreachable; nothing else but BankRefused comes out.

    ``reference`` is ours. Whatever is asked a second time under one is no error and does nothing more.
    """

    def check(self, account: BankAccount, /) -> None:
        """Whether the account is there, open and the holder's. Raises BankRefused."""

    def reserve(self, reference: str, account: BankAccount, money: Money, /) -> None:
        """Set money aside until it is captured or released. Raises BankRefused, also once it was released."""

    def capture(self, reference: str, /) -> None:
        """Take what is reserved. Raises BankRefused where nothing is."""

    def release(self, reference: str, /) -> None:
        """Give back what is reserved. A reference the bank has not seen is void from now on, so that a request which
        is still on its way sets nothing aside. Raises BankRefused for what was captured."""

    def look_up(self, reference: str, /) -> Held | None:
        """What came of it; None for a reference the bank has not seen, or refused."""


class NoBank:
    """The adapter of an RA that has no bank: nothing is ever asked for, so nothing is done."""

    def check(self, _account: BankAccount, /) -> None:
        raise BankUnreachable

    def reserve(self, _reference: str, _account: BankAccount, _money: Money, /) -> None:
        raise BankUnreachable

    def capture(self, _reference: str, /) -> None:
        raise BankUnreachable

    def release(self, _reference: str, /) -> None:
        raise BankUnreachable

    def look_up(self, _reference: str, /) -> Held | None:
        raise BankUnreachable


def load(name: str) -> Bank:
    """The adapter that ``MODULE:NAME`` makes when it is called without arguments. Raises BadBank."""
    module, _, maker = name.partition(":")
    try:
        make: Callable[[], Bank] = getattr(import_module(module), maker)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise BadBank(f"no bank adapter {name!r}: MODULE:NAME is wanted") from error
    return make()
