"""VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER byte for byte (SP 800-73-5 Part 2, 3.2.1-3.2.3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cardtool.pcsc.virtual.piv import FRAGILE, GENERIC, VirtualPivCard
from tests.unit.virtual.conftest import open_card
from tests.unit.virtual.terminal import P256, VERIFY_STATUS, VERIFY_WRONG, Terminal

PIN = b"123456\xff\xff"
NEW_PIN = b"24681012"
PUK = b"12345678"
CHANGE_PIN, CHANGE_PUK, UNBLOCK = "00240080", "00240081", "002C0080"


def sw(terminal: Terminal, command: str | bytes, data: bytes | None = None) -> int:
    return terminal.send(command, data)[1]


def block_pin(terminal: Terminal) -> None:
    for _ in range(3):
        sw(terminal, VERIFY_WRONG)


def test_status_tells_the_tries_left_and_costs_none(terminal: Terminal) -> None:
    assert [sw(terminal, VERIFY_STATUS) for _ in range(5)] == [0x63C3] * 5


def test_status_while_verified_does_not_tell_the_tries(terminal: Terminal) -> None:
    terminal.verify()
    assert sw(terminal, VERIFY_STATUS) == 0x9000


def test_wrong_pin_counts_down_and_the_right_one_gives_all_tries_back(terminal: Terminal) -> None:
    assert sw(terminal, VERIFY_WRONG) == 0x63C2
    assert sw(terminal, VERIFY_WRONG) == 0x63C1
    terminal.verify()
    assert sw(terminal, VERIFY_WRONG) == 0x63C2


def test_last_wrong_try_answers_63c0_and_later_ones_6983(terminal: Terminal) -> None:
    assert [sw(terminal, VERIFY_WRONG) for _ in range(4)] == [0x63C2, 0x63C1, 0x63C0, 0x6983]
    assert sw(terminal, VERIFY_STATUS) == 0x6983
    assert sw(terminal, "00200080", PIN) == 0x6983


def test_wrong_pin_takes_the_verified_status_away(terminal: Terminal) -> None:
    terminal.verify()
    sw(terminal, VERIFY_WRONG)
    assert sw(terminal, VERIFY_STATUS) == 0x63C2


@pytest.mark.parametrize("length", [1, 5, 6, 7, 9, 16])
def test_wrong_length_costs_no_try(terminal: Terminal, length: int) -> None:
    assert sw(terminal, "00200080", b"1" * length) == 0x6A80
    assert sw(terminal, VERIFY_STATUS) == 0x63C3


@pytest.mark.parametrize(
    ("command", "expected"), [("00200180", 0x6A86), ("00200000", 0x6A88), ("00200098", 0x6A88)]
)
def test_other_references_and_parameters(terminal: Terminal, command: str, expected: int) -> None:
    assert sw(terminal, command, PIN) == expected


def test_log_out(terminal: Terminal) -> None:
    terminal.verify()
    assert sw(terminal, "0020FF80") == 0x9000
    assert sw(terminal, VERIFY_STATUS) == 0x63C3


def test_some_cards_do_not_log_out() -> None:
    _, terminal = open_card(GENERIC)
    terminal.verify()
    assert sw(terminal, "0020FF80") == 0x6A86
    assert sw(terminal, VERIFY_STATUS) == 0x9000


def test_reset_takes_the_status_away(card: VirtualPivCard, terminal: Terminal) -> None:
    terminal.verify()
    card.reset()
    terminal.select()
    assert sw(terminal, VERIFY_STATUS) == 0x63C3


def test_power_loss_takes_the_status_away(card: VirtualPivCard, terminal: Terminal) -> None:
    terminal.verify()
    card.power_off()
    assert card.transmit(VERIFY_STATUS) == b""
    card.power_on()
    terminal.select()
    assert sw(terminal, VERIFY_STATUS) == 0x63C3


def test_change_pin(terminal: Terminal) -> None:
    assert sw(terminal, CHANGE_PIN, PIN + NEW_PIN) == 0x9000
    assert sw(terminal, "00200080", PIN) == 0x63C2
    assert sw(terminal, "00200080", NEW_PIN) == 0x9000


def test_change_pin_with_a_wrong_old_one_costs_a_try(terminal: Terminal) -> None:
    assert sw(terminal, CHANGE_PIN, NEW_PIN + NEW_PIN) == 0x63C2
    terminal.verify()


@pytest.mark.parametrize("new", [b"12345\xff\xff\xff", b"\xff" * 8, b"123\xff4567"])
def test_malformed_new_pin_is_refused_without_costing_a_try(new: bytes) -> None:
    _, terminal = open_card(GENERIC)
    assert sw(terminal, CHANGE_PIN, b"99999999" + new) == 0x6A80
    assert sw(terminal, VERIFY_STATUS) == 0x63C3


def test_some_cards_take_digits_only() -> None:
    _, terminal = open_card(GENERIC)
    assert sw(terminal, CHANGE_PIN, PIN + b"abcdef\xff\xff") == 0x6A80
    assert sw(terminal, CHANGE_PUK, PUK + b"abcdefgh") == 0x6A80
    assert sw(terminal, "00200080", b"abcdef\xff\xff") == 0x63C2


@pytest.mark.parametrize("length", [0, 8, 15, 17])
def test_both_values_are_needed(terminal: Terminal, length: int) -> None:
    assert sw(terminal, CHANGE_PIN, b"1" * length) in (0x6A80, 0x6700)
    assert sw(terminal, UNBLOCK, b"1" * length) in (0x6A80, 0x6700)
    assert sw(terminal, VERIFY_STATUS) == 0x63C3


def test_puk_unblocks_the_pin_and_sets_a_new_one(terminal: Terminal) -> None:
    block_pin(terminal)
    assert sw(terminal, UNBLOCK, PUK + NEW_PIN) == 0x9000
    assert sw(terminal, VERIFY_STATUS) == 0x63C3
    assert sw(terminal, "00200080", NEW_PIN) == 0x9000


def test_wrong_puk_counts_down_to_blocked(terminal: Terminal) -> None:
    wrong = b"99999999" + NEW_PIN
    assert [sw(terminal, UNBLOCK, wrong) for _ in range(4)] == [0x63C2, 0x63C1, 0x63C0, 0x6983]
    assert sw(terminal, UNBLOCK, PUK + NEW_PIN) == 0x6983
    assert sw(terminal, CHANGE_PUK, PUK + PUK) == 0x6983


def test_change_puk(terminal: Terminal) -> None:
    assert sw(terminal, CHANGE_PUK, PUK + b"87654321") == 0x9000
    assert sw(terminal, UNBLOCK, PUK + NEW_PIN) == 0x63C2
    assert sw(terminal, UNBLOCK, b"87654321" + NEW_PIN) == 0x9000


def test_some_cards_take_any_puk_after_a_right_one_until_reset() -> None:
    card, terminal = open_card(FRAGILE)
    assert sw(terminal, UNBLOCK, PUK + NEW_PIN) == 0x9000
    assert sw(terminal, UNBLOCK, b"99999999" + NEW_PIN) == 0x9000
    card.reset()
    terminal.select()
    assert sw(terminal, UNBLOCK, b"99999999" + NEW_PIN) == 0x63C2


@pytest.mark.parametrize("erases", [True, False])
def test_some_cards_erase_all_keys_when_pin_and_puk_are_blocked(erases: bool) -> None:
    card, terminal = open_card(replace(GENERIC, erases_keys_when_blocked=erases))
    terminal.admin()
    terminal.generate(0x9A, P256)
    block_pin(terminal)
    assert 0x9A in card.state.keys
    for _ in range(3):
        sw(terminal, UNBLOCK, b"99999999" + NEW_PIN)
    assert (0x9A in card.state.keys) is not erases
