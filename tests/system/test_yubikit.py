"""Yubico's own Python library and ``ykman`` accept the software card through the real pcscd."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding

from cardtool.pcsc.virtual.piv import VirtualPivCard
from tests.system.conftest import Run
from tests.system.pcscd import READERS, CardProcess, StartCard
from tests.unit.virtual.terminal import DEFAULT_KEY, certify

piv = pytest.importorskip("yubikit.piv")
pcsc = pytest.importorskip("ykman.pcsc")


@pytest.fixture
def card(vpcd_card: StartCard) -> CardProcess:
    return vpcd_card()


@pytest.fixture
def session(card: CardProcess) -> Iterator[object]:
    """A PivSession on the card, management key and PIN presented."""
    device = next(device for device in pcsc.list_devices(card.reader) if device.reader.name == card.reader)
    with device.open_connection(pcsc.SmartCardConnection) as connection:
        session = piv.PivSession(connection)
        session.authenticate(DEFAULT_KEY)
        session.verify_pin("123456")
        yield session
