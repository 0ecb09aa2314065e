"""The overview: few commands, and broken objects do not hide the others."""

from __future__ import annotations

from cardtool.cards.overview import CertificateOnCard
from cardtool.cards.pin import PinStatus
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import Slot
from cardtool.cards.reading import read_overview
from cardtool.pcsc.replay import ReplayConnection

SCRIPT = """
    # CHUID: unsigned, with a GUID
    > 00CB3FFF 05 5C035FC102 00
    < 5316 3410 000102030405060708090A0B0C0D0E0F 3E00 FE00 9000
    # Key History: one retired key with its certificate on the card
    > 00CB3FFF 05 5C035FC10C 00
    < 5308 C10101 C20100 FE00 9000
    # 9A: a certificate (or so the card says; nobody parses it here)
    > 00CB3FFF 05 5C035FC105 00
    < 530A 7003 AABBCC 710100 FE00 9000
    # 9C: broken
    > 00CB3FFF 05 5C035FC10A 00
    < 5303 7009AA 9000
    # 9D: refused
    > 00CB3FFF 05 5C035FC10B 00
    < 6F00
    # 9E: none
    > 00CB3FFF 05 5C035FC101 00
    < 6A82
    # 82: the retired one
    > 00CB3FFF 05 5C035FC10D 00
    < 5308 7001 DD 710100 FE00 9000
    # a serial number is asked for once and not insisted upon
    > 00F80000 00
    < 6D00
    > 00200080
    < 63C2
"""


def test_everything_in_nine_commands() -> None:
    card = ReplayConnection(SCRIPT)
    overview = read_overview(PivSession(card))
    card.finish()
    assert overview.certificates == (
        CertificateOnCard(Slot.AUTHENTICATION, bytes.fromhex("AABBCC")),
        CertificateOnCard(Slot.RETIRED_1, b"\xdd"),
    )
    assert overview.unreadable == (Slot.SIGNATURE, Slot.KEY_MANAGEMENT)
    assert overview.guid == "000102030405060708090a0b0c0d0e0f"
    assert not overview.chuid_signed
    assert (overview.serial, overview.verification_key) == (None, None)
    assert overview.pin == PinStatus(verified=False, tries_left=2)
    assert overview.certificate(Slot.RETIRED_1) == b"\xdd"
    assert overview.certificate(Slot.SIGNATURE) is None
