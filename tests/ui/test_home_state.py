"""The state table of spec 2.5: each row by a state that reaches it, exactly one primary action for each."""

from __future__ import annotations

from itertools import product

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from cardtool.ui.context import Context
from cardtool.ui.home import Home
from cardtool.ui.home_state import (
    BUILT,
    GROUPS,
    ROWS,
    AccountIs,
    CardIs,
    CertificateIs,
    HomeState,
    Service,
    choose,
    wizard_of,
)
from cardtool.ui.widgets.buttons import PRIMARY, Button
from tests.ui import samples

VALID = CertificateIs.VALID
STATES: dict[str, HomeState] = {
    "no_unit": HomeState(unit_chosen=False, readers=0),
    "service_off": HomeState(service=Service.OFF),
    "service_refused": HomeState(service=Service.NOT_PERMITTED),
    "service_sandboxed": HomeState(service=Service.SANDBOXED),
    "no_reader": HomeState(readers=0, cards=0),
    "no_card": HomeState(cards=0, card=CardIs.ABSENT),
    "several_cards": HomeState(cards=2, card_chosen=False),
    "card_mute": HomeState(card=CardIs.MUTE),
    "card_held": HomeState(card=CardIs.HELD),
    "card_unknown": HomeState(card=CardIs.UNKNOWN),
    "card_blank": HomeState(card=CardIs.BLANK),
    "card_self_managed": HomeState(card=CardIs.SELF_MANAGED),
    "card_foreign": HomeState(card=CardIs.FOREIGN),
    "card_lost": HomeState(pin_blocked=True, puk_blocked=True, reset_road=False),
    "counter_approved": HomeState(pin_blocked=True, counter_approved=True),
    "pin_blocked": HomeState(pin_blocked=True, puk_blocked=True),
    "clock_wrong": HomeState(clock_wrong=True, certificate=VALID),
    "not_yet_valid": HomeState(certificate=CertificateIs.NOT_YET_VALID),
    "unfinished": HomeState(unfinished="APC"),
    "account_suspended": HomeState(account=AccountIs.SUSPENDED),
    "must_change": HomeState(account=AccountIs.MUST_CHANGE_PASSWORD),
    "newer_at_ra": HomeState(newer_at_ra=True, certificate=VALID),
    "on_hold": HomeState(certificate=CertificateIs.ON_HOLD),
    "suspended": HomeState(certificate=CertificateIs.SUSPENDED),
    "ended_registered": HomeState(certificate=CertificateIs.EXPIRED, registered=True),
    "ended": HomeState(certificate=CertificateIs.REVOKED),
    "apply": HomeState(registered=True, account=AccountIs.SIGNED_IN),
    "sign_in": HomeState(),
    "not_registered": HomeState(account=AccountIs.SIGNED_IN),
    "renew": HomeState(certificate=VALID, renewal_open=True),
    "mismatch": HomeState(certificate=VALID, mismatch=True),
    "ca_not_trusted": HomeState(certificate=VALID, ca_trusted=False),
    "not_registered_here": HomeState(certificate=VALID, registered_here=False),
    "not_backed_up": HomeState(certificate=VALID, backed_up=False),
    "phone_outdated": HomeState(certificate=VALID, phone_current=False),
    "all_fine": HomeState(certificate=VALID),
}

NOT_BUILT_USES = 32
"""Rows and tasks that lead to the page "not built yet". Each issue lowers it; the last removes the page."""


@pytest.mark.parametrize("name", STATES)
def test_each_row_is_reached(name: str) -> None:
    assert choose(STATES[name]).name == name


def test_every_row_of_the_table_is_there_in_order() -> None:
    assert [row.name for row in ROWS] == list(STATES)
    assert sorted({row.number for row in ROWS}) == list(range(1, 26))
    assert [row.number for row in ROWS] == sorted(row.number for row in ROWS)


def test_any_state_has_a_row_with_one_meaning() -> None:
    some = ("unit_chosen", "file_carrier", "pin_blocked", "registered", "renewal_open", "clock_wrong")
    for values in product((True, False), repeat=len(some)):
        for certificate in CertificateIs:
            state = HomeState(certificate=certificate, **dict(zip(some, values, strict=True)))
            row = choose(state)
            assert bool(wizard_of(row, state)) != (row.explains is not None)


def test_units_with_files_skip_reader_and_card() -> None:
    state = HomeState(file_carrier=True, service=Service.OFF, readers=0, cards=0, certificate=VALID)
    assert choose(state).name == "all_fine"


def test_unfinished_work_goes_on_with_what_it_was() -> None:
    state = STATES["unfinished"]
    assert wizard_of(choose(state), state) == "APC"


def test_uses_of_the_page_that_says_not_built() -> None:
    rows = [row.wizard for row in ROWS if row.wizard and row.wizard not in BUILT]
    tasks = [task.wizard for tasks in GROUPS.values() for task in tasks if task.wizard not in BUILT]
    assert len(rows) + len(tasks) == NOT_BUILT_USES


@pytest.mark.parametrize("name", STATES)
def test_exactly_one_filled_button(context: Context, qtbot: QtBot, name: str) -> None:
    home = Home(context)
    qtbot.addWidget(home)
    home.show_view(samples.view(STATES[name]))
    home.show()
    filled = [
        button
        for button in home.findChildren(QPushButton)
        if isinstance(button, Button) and button.kind is PRIMARY and button.isVisible()
    ]
    assert [button.text() for button in filled] == [home.next_step.primary.text()]
    assert filled[0].text()
