"""Which one action the home screen offers: the state table of spec 2.5 as data. No Qt here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from cardtool.errors import (
    AccountSuspended,
    CardError,
    CardHeld,
    CardMute,
    CardNotPersonalised,
    CardNotYours,
    CardToolError,
    RegistrationNotApproved,
    UnknownCard,
)


class Service(Enum):
    """The PC/SC service."""

    RUNNING = "running"
    OFF = "off"
    NOT_PERMITTED = "not_permitted"
    SANDBOXED = "sandboxed"


class CardIs(Enum):
    """What lies in the chosen reader."""

    ABSENT = "absent"
    OURS = "ours"
    MUTE = "mute"
    HELD = "held"
    UNKNOWN = "unknown"
    BLANK = "blank"
    SELF_MANAGED = "self_managed"
    FOREIGN = "foreign"


class CertificateIs(Enum):
    ABSENT = "absent"
    VALID = "valid"
    NOT_YET_VALID = "not_yet_valid"
    ON_HOLD = "on_hold"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    REVOKED = "revoked"


class AccountIs(Enum):
    SIGNED_OUT = "signed_out"
    SIGNED_IN = "signed_in"
    SUSPENDED = "suspended"
    MUST_CHANGE_PASSWORD = "must_change_password"  # noqa: S105 (a state, not a password)


@dataclass(frozen=True)
class HomeState:
    """Everything the choice depends on. ``unfinished`` is the code of the wizard that can go on."""

    unit_chosen: bool = True
    file_carrier: bool = False
    service: Service = Service.RUNNING
    readers: int = 1
    cards: int = 1
    card_chosen: bool = True
    card: CardIs = CardIs.OURS
    pin_blocked: bool = False
    puk_blocked: bool = False
    reset_road: bool = True
    counter_approved: bool = False
    clock_wrong: bool = False
    unfinished: str = ""
    account: AccountIs = AccountIs.SIGNED_OUT
    newer_at_ra: bool = False
    certificate: CertificateIs = CertificateIs.ABSENT
    registered: bool = False
    renewal_open: bool = False
    mismatch: bool = False
    ca_trusted: bool = True
    registered_here: bool = True
    backed_up: bool = True
    phone_current: bool = True


@dataclass(frozen=True)
class Row:
    """One line of the table. ``wizard`` is what the primary action starts; or ``explains`` is told of.

    ``number`` is the row of spec 2.5; rows with several cases of one number follow each other.
    ``of_card``: skipped where the carrier is a file. ``names``: the values its words may name.

    """

    number: int
    name: str
    matches: Callable[[HomeState], bool]
    wizard: str = ""
    explains: type[CardError] | type[CardToolError] | None = None
    of_card: bool = False
    names: tuple[str, ...] = ()


def _ended(state: HomeState) -> bool:
    return state.certificate in (CertificateIs.EXPIRED, CertificateIs.REVOKED)


def _nothing_there(state: HomeState) -> bool:
    return state.certificate is CertificateIs.ABSENT


ROWS: tuple[Row, ...] = (
    Row(1, "no_unit", lambda s: not s.unit_chosen, "SGN"),
    Row(2, "service_off", lambda s: s.service is Service.OFF, "CHK", of_card=True),
    Row(2, "service_refused", lambda s: s.service is Service.NOT_PERMITTED, "CHK", of_card=True),
    Row(2, "service_sandboxed", lambda s: s.service is Service.SANDBOXED, "CHK", of_card=True),
    Row(3, "no_reader", lambda s: s.readers == 0, "CHK", of_card=True),
    Row(4, "no_card", lambda s: s.cards == 0, "CRD", of_card=True),
    Row(
        5, "several_cards", lambda s: s.cards > 1 and not s.card_chosen, "CRD", of_card=True, names=("cards",)
    ),
    Row(6, "card_mute", lambda s: s.card is CardIs.MUTE, explains=CardMute, of_card=True),
    Row(6, "card_held", lambda s: s.card is CardIs.HELD, explains=CardHeld, of_card=True),
    Row(7, "card_unknown", lambda s: s.card is CardIs.UNKNOWN, explains=UnknownCard, of_card=True),
    Row(8, "card_blank", lambda s: s.card is CardIs.BLANK, explains=CardNotPersonalised, of_card=True),
    Row(
        8,
        "card_self_managed",
        lambda s: s.card is CardIs.SELF_MANAGED,
        explains=CardNotPersonalised,
        of_card=True,
    ),
    Row(8, "card_foreign", lambda s: s.card is CardIs.FOREIGN, explains=CardNotYours, of_card=True),
    Row(9, "card_lost", lambda s: s.pin_blocked and s.puk_blocked and not s.reset_road, "UNB", of_card=True),
    Row(10, "counter_approved", lambda s: s.counter_approved, "UNB", of_card=True),
    Row(10, "pin_blocked", lambda s: s.pin_blocked, "UNB", of_card=True),
    Row(11, "clock_wrong", lambda s: s.clock_wrong, "CHK"),
    Row(11, "not_yet_valid", lambda s: s.certificate is CertificateIs.NOT_YET_VALID, "CHK"),
    Row(12, "unfinished", lambda s: bool(s.unfinished)),
    Row(13, "account_suspended", lambda s: s.account is AccountIs.SUSPENDED, explains=AccountSuspended),
    Row(13, "must_change", lambda s: s.account is AccountIs.MUST_CHANGE_PASSWORD, "SGN"),
    Row(14, "newer_at_ra", lambda s: s.newer_at_ra, "DLD"),
    Row(15, "on_hold", lambda s: s.certificate is CertificateIs.ON_HOLD, "ACT"),
    Row(16, "suspended", lambda s: s.certificate is CertificateIs.SUSPENDED, "SUS"),
    Row(17, "ended_registered", lambda s: _ended(s) and s.registered, "APC"),
    Row(18, "ended", _ended, explains=RegistrationNotApproved),
    Row(19, "apply", lambda s: _nothing_there(s) and s.registered, "APC"),
    Row(20, "sign_in", lambda s: _nothing_there(s) and s.account is not AccountIs.SIGNED_IN, "SGN"),
    Row(20, "not_registered", _nothing_there, explains=RegistrationNotApproved),
    Row(21, "renew", lambda s: s.renewal_open, "RNC", names=("days",)),
    Row(22, "mismatch", lambda s: s.mismatch, "CMP"),
    Row(23, "ca_not_trusted", lambda s: not s.ca_trusted, "TRU"),
    Row(23, "not_registered_here", lambda s: not s.registered_here, "REG"),
    Row(24, "not_backed_up", lambda s: not s.backed_up, "BAK"),
    Row(24, "phone_outdated", lambda s: not s.phone_current, "PHN"),
    Row(25, "all_fine", lambda _s: True, "CRD", names=("until",)),
)


def choose(state: HomeState) -> Row:
    """The first row that matches. Units whose carrier is a file skip the reader and card rows."""
    return next(row for row in ROWS if not (row.of_card and state.file_carrier) and row.matches(state))


def wizard_of(row: Row, state: HomeState) -> str:
    """What the primary action starts; row 12 goes on with whatever is unfinished. '' where it explains."""
    return state.unfinished if row.number == 12 else row.wizard


@dataclass(frozen=True)
class Task:
    """One of the quiet choices: the wizard it starts and its icon."""

    wizard: str
    icon: str


GROUPS: dict[str, tuple[Task, ...]] = {
    "certificates": (
        Task("APC", "file-certificate"),
        Task("RNC", "refresh"),
        Task("DLD", "download"),
        Task("CMP", "columns-3"),
        Task("SUS", "clock-pause"),
    ),
    "card": (
        Task("CRD", "credit-card"),
        Task("SIG", "signature"),
        Task("PIN", "key"),
        Task("UNB", "lock-open"),
    ),
    "files": (
        Task("EXP", "file-export"),
        Task("IMP", "file-import"),
        Task("PHN", "device-mobile"),
        Task("BAK", "archive"),
    ),
    "computer": (
        Task("CHK", "shield-check"),
        Task("REG", "device-desktop"),
        Task("PRV", "adjustments-horizontal"),
        Task("MOV", "arrows-transfer-up"),
    ),
}

BUILT = frozenset({"SGN", "CRD", "APC", "SIG", "OUT", "SET", "HLP"})
"""Wizards that exist. All others lead to the one page that says so (NYB-1)."""
