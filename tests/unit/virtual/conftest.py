"""A powered card with the applet selected, and a terminal at it."""

from __future__ import annotations

import pytest

from cardtool.pcsc.virtual.piv import YUBIKEY, Personality, VirtualPivCard
from tests.unit.virtual.terminal import Terminal


def open_card(personality: Personality = YUBIKEY) -> tuple[VirtualPivCard, Terminal]:
    card = VirtualPivCard.create(personality=personality)
    card.power_on()
    terminal = Terminal(card.transmit, personality.admin_algorithm)
    terminal.select()
    return card, terminal


@pytest.fixture
def opened() -> tuple[VirtualPivCard, Terminal]:
    return open_card()


@pytest.fixture
def card(opened: tuple[VirtualPivCard, Terminal]) -> VirtualPivCard:
    return opened[0]


@pytest.fixture
def terminal(opened: tuple[VirtualPivCard, Terminal]) -> Terminal:
    """At ``card``, which is factory-fresh, powered and selected."""
    return opened[1]
