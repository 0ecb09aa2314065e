"""The strict replay must itself be strict."""

from __future__ import annotations

import pytest

from cardtool.errors import CardWasReset
from cardtool.pcsc.replay import ReplayConnection, ReplayMismatch

SCRIPT = """
# the status is asked
> 00200080
< 63C3
# another program resets the card
> 00200080
! CardWasReset
"""


def test_it_plays_the_script() -> None:
    card = ReplayConnection(SCRIPT)
    assert card.transmit(bytes.fromhex("00200080")) == bytes.fromhex("63C3")
    with pytest.raises(CardWasReset):
        card.transmit(bytes.fromhex("00200080"))
    card.finish()


def test_it_accepts_nothing_else() -> None:
    card = ReplayConnection(SCRIPT)
    with pytest.raises(ReplayMismatch, match="the status is asked"):
        card.transmit(bytes.fromhex("00200081"))
    with pytest.raises(ReplayMismatch, match="never sent"):
        card.finish()
    with pytest.raises(ReplayMismatch, match="over"):
        ReplayConnection("").transmit(b"\x00")
    with pytest.raises(ReplayMismatch, match="control"):
        card.control(1, b"")


def test_a_script_that_makes_no_sense_is_refused() -> None:
    for broken in ("< 9000", "? 00"):
        with pytest.raises(ReplayMismatch):
            ReplayConnection(broken)
