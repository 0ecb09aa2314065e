"""ATRs: those of real cards, and whatever else might come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardtool.pcsc.atr import historical_bytes, takes_extended_length


@pytest.mark.parametrize(
    ("atr", "historical", "extended"),
    [
        (
            "3B8D80018073C021C057597562694B6579F9",
            "8073C021C057597562694B6579",
            True,
        ),  # YubiKey 5, contactless
        ("3BFD1300008131FE158073C021C057597562694B657940", "8073C021C057597562694B6579", True),  # and USB
        ("3B880143617264546F6F6C85", "43617264546F6F6C", False),  # T=1, no category indicator known
        ("3B800181", "", False),
        ("3B00", "", False),
        ("3B8480018073C00000", "8073C000", False),  # capabilities cut short
        ("3B86800180 31C0 73C021C0".replace(" ", ""), "8031C073C021", False),
        ("3B87800180 31C0 73C02140".replace(" ", ""), "8031C073C02140", True),  # another object before
    ],
)
def test_what_real_cards_say(atr: str, historical: str, extended: bool) -> None:
    assert historical_bytes(bytes.fromhex(atr)).hex().upper() == historical
    assert takes_extended_length(bytes.fromhex(atr)) is extended


@given(st.binary(max_size=40))
def test_any_bytes_are_read(atr: bytes) -> None:
    assert len(historical_bytes(atr)) <= 15
    takes_extended_length(atr)
