"""Cards of their owners: the key asked for, or kept by the card behind the PIN as Yubico's tools do it."""

from __future__ import annotations

import os

import pytest
from ykman.piv import OBJECT_ID_PIVMAN_DATA, PivmanData, PivmanProtectedData

from cardtool import errors
from cardtool.cards.piv import admin, yubico
from cardtool.cards.piv.self_managed import (
    gain_admin_status,
    gain_kept_admin_status,
    keeps_admin_key,
    read_admin_key,
)
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import AdminAlgorithm, ObjectTag
from cardtool.pcsc.virtual.piv.personality import GENERIC, YUBIKEY, Personality
from cardtool.secret import Secret
from tests.unit.cards.bench_card import ADMIN_KEY, PIN, BenchCard

KEY = os.urandom(32)


def kept() -> BenchCard:
    """As ``ykman piv access change-management-key --protect`` leaves it."""
    bench = BenchCard()
    mark, protected = PivmanData(), PivmanProtectedData()
    mark.mgm_key_protected = True
    protected.key = KEY
    with bench.admin() as session:
        extensions = yubico.detect(session)
        assert extensions is not None
        session.put_data(OBJECT_ID_PIVMAN_DATA, mark.get_bytes())
        session.put_data(ObjectTag.PRINTED_INFORMATION, protected.get_bytes())
        extensions.set_management_key(AdminAlgorithm.AES_256, Secret(KEY))
    return bench


def may_write(session: PivSession) -> bool:
    try:
        session.put_data(ObjectTag.SECURITY_OBJECT, b"\x00")
    except errors.SecurityStatusNotSatisfied:
        return False
    return True


def test_the_key_the_card_keeps() -> None:
    with kept().session() as session:
        assert keeps_admin_key(session)
        with pytest.raises(errors.SecurityStatusNotSatisfied):
            read_admin_key(session)
        session.verify_pin(Secret(PIN))
        gain_kept_admin_status(session)
        assert may_write(session)


@pytest.mark.parametrize("personality", [YUBIKEY, GENERIC], ids=lambda item: item.name)
def test_the_key_the_owner_has(personality: Personality) -> None:
    bench = BenchCard(personality)
    with bench.session() as session:
        assert not keeps_admin_key(session)
        for length in (0, 16, 23, 32):
            with pytest.raises(errors.ArgumentInvalid):
                gain_admin_status(session, Secret(bytes(length)))
        with pytest.raises((errors.SecurityStatusNotSatisfied, errors.CardCommandFailed)):
            gain_admin_status(session, Secret(bytes(range(24))))
        assert not may_write(session)
        gain_admin_status(session, Secret(ADMIN_KEY))
        assert may_write(session)


class OnlySingle(PivSession):
    def admin_witness(self, algorithm: AdminAlgorithm) -> bytes:
        raise errors.NotSupportedByCard("GENERAL AUTHENTICATE")


def test_a_card_that_authenticates_singly_only() -> None:
    bench = BenchCard()
    with bench.session():
        pass
    session = OnlySingle(bench.hub.connect("Software Reader 0"))
    session.select()
    assert admin.find_admin_algorithm(session) == (AdminAlgorithm.AES_192, False)
    gain_admin_status(session, Secret(ADMIN_KEY))
    assert may_write(session)


@pytest.mark.parametrize("content", ["", "80 00", "80 03 81 01 01", "80 02 81 00", "81 01 02", "80 05 81"])
def test_marks_that_say_nothing(content: str) -> None:
    bench = BenchCard()
    with bench.admin() as session:
        session.put_data(OBJECT_ID_PIVMAN_DATA, bytes.fromhex(content))
        session.put_data(ObjectTag.PRINTED_INFORMATION, bytes.fromhex("88 02 89 00"))
        assert not keeps_admin_key(session)
        with pytest.raises(errors.CardAnswerMalformed):
            read_admin_key(session)
