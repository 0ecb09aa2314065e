"""What is refused before anything is sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardtool.flows.rules import PIV_PIN_LIMITS, pin_fault, site_password_faults
from cardtool.ra.wire import SitePasswordRule
from cardtool.secret import Secret

RULE = SitePasswordRule(
    minimum=8, maximum=20, letter=True, upper=False, lower=False, digit=True, symbols=False
)


@pytest.mark.parametrize("pin", ["12345", "123456789", ""])
def test_a_pin_of_wrong_length_is_not_sent(pin: str):
    fault = pin_fault(Secret(pin), PIV_PIN_LIMITS, [])
    assert fault is not None
    assert fault.rule == "length"


@pytest.mark.parametrize("pin", ["12 456", "１２34", "12345\n", "\x7f23456"])
def test_a_pin_with_characters_no_card_takes_is_not_sent(pin: str):
    fault = pin_fault(Secret(pin), PIV_PIN_LIMITS, [])
    assert fault is not None
    assert fault.rule == "characters"


def test_a_pin_the_card_called_wrong_is_not_sent_again():
    fault = pin_fault(Secret("123456"), PIV_PIN_LIMITS, [Secret("654321"), Secret("123456")])
    assert fault is not None
    assert fault.rule == "repeated"


@given(st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=6, max_size=8))
def test_every_other_pin_may_be_sent(pin: str):
    assert pin_fault(Secret(pin), PIV_PIN_LIMITS, []) is None


@pytest.mark.parametrize(
    ("password", "faults"),
    [
        ("abcd1234", ()),
        ("abcd123", ("length",)),
        ("a1" * 11, ("length",)),
        ("abcdefgh", ("digit",)),
        ("12345678", ("letter",)),
        ("abcd 1234", ("characters",)),
        ("abcd-1234", ("characters",)),
        ("密碼密碼abcd12", ("characters",)),
    ],
)
def test_the_units_rule_for_site_passwords(password: str, faults: tuple[str, ...]):
    assert site_password_faults(RULE, password) == faults
