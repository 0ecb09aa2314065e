"""Recipes where the card does something a well-behaved one would not; the rest is in tests/contract."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cardtool import errors
from cardtool.cards.certificates import public_key_in
from cardtool.cards.piv import admin, recipes, yubico
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import AdminAlgorithm, Slot
from cardtool.pcsc.decorator import ConnectionDecorator
from cardtool.pcsc.replay import ReplayConnection
from cardtool.secret import Secret
from tests.unit.cards.bench_card import certify

GUID = bytes(range(16))
KEY = ec.generate_private_key(ec.SECP256R1()).public_key()


def session(script: str) -> tuple[PivSession, ReplayConnection]:
    card = ReplayConnection(script)
    return PivSession(card), card


def test_a_signed_chuid_is_not_touched() -> None:
    piv, card = session(
        "> 00CB3FFF 05 5C035FC102 00\n< 5317 3410 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA 3E01BB FE00 9000"
    )
    assert recipes.refresh_chuid_guid(piv, GUID) is False
    card.finish()


def test_a_card_without_chuid_gets_none() -> None:
    piv, card = session("> 00CB3FFF 05 5C035FC102 00\n< 6A82")
    assert recipes.refresh_chuid_guid(piv, GUID) is False
    card.finish()


def test_an_unsigned_chuid_gets_another_guid() -> None:
    piv, card = session(f"""
        > 00CB3FFF 05 5C035FC102 00
        < 5316 3410 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA 3E00 FE00 9000
        > 00DB3FFF 1D 5C035FC102 5316 3410 {GUID.hex()} 3E00 FE00
        < 9000
    """)
    assert recipes.refresh_chuid_guid(piv, GUID) is True
    card.finish()


def test_a_card_without_verification_key() -> None:
    for answer in ("6A82", "5308 7001 AA 710100 FE00 9000"):
        piv, card = session(f"> 00CB3FFF 05 5C035FC101 00\n< {answer}")
        with pytest.raises(errors.NoCertificate):
            recipes.verification_signature(piv, b"statement")
        card.finish()


class AlwaysAnswers(ConnectionDecorator):
    def __init__(self, answer: str) -> None:
        super().__init__(ReplayConnection(""))
        self._answer = bytes.fromhex(answer)

    def transmit(self, command: bytes) -> bytes:
        return self._answer


@pytest.mark.parametrize(
    "answer", ["6A80", "6A82", "6A86", "6A88", "6985", "7C0A 8208 3006020101020101 9000"]
)
def test_an_empty_slot_or_another_key_does_not_match(answer: str) -> None:
    assert recipes.slot_key_matches(PivSession(AlwaysAnswers(answer)), Slot.AUTHENTICATION, KEY) is False


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("6F00", errors.CardCommandFailed),
        ("6581", errors.CardCommandFailed),
        ("6982", errors.SecurityStatusNotSatisfied),
        ("7C00 9000", errors.CardAnswerMalformed),
    ],
)
def test_a_card_that_fails_does_not_answer_whose_key_it_is(
    answer: str, error: type[errors.CardError]
) -> None:
    with pytest.raises(error):
        recipes.slot_key_matches(PivSession(AlwaysAnswers(answer)), Slot.AUTHENTICATION, KEY)


def test_the_admin_algorithm_is_found_by_asking() -> None:
    piv, card = session("""
        > 00870C9B 04 7C028000 00
        < 6A80
        > 00870A9B 04 7C028000 00
        < 6A86
        > 0087089B 04 7C028000 00
        < 7C12 8010 00112233445566770011223344556677 9000
    """)
    algorithm, witness = admin.find_witness(piv)
    assert (algorithm, len(witness)) == (AdminAlgorithm.AES_128, 16)
    card.finish()


def test_a_card_that_cannot_prove_the_admin_key_is_not_genuine() -> None:
    card = AlwaysAnswers("7C14 8008 0011223344556677 8208 0011223344556677 9000")
    with pytest.raises(errors.CardNotGenuine):
        admin.authenticate_mutually(PivSession(card), AdminAlgorithm.TDES, Secret(bytes(range(24))))


@pytest.mark.parametrize("answer", ["6D00", "6A82", "6982", "6F00", "9000", "05 9000"])
def test_extensions_are_not_there_unless_the_card_says_its_version(answer: str) -> None:
    assert yubico.detect(PivSession(AlwaysAnswers(answer))) is None
    assert yubico.serial_of(PivSession(AlwaysAnswers(answer))) is None


def test_a_certificate_of_an_unheard_of_version_has_no_key() -> None:
    """cryptography has an exception of its own for it; found by fuzzing."""
    der = certify(KEY)
    assert public_key_in(der) == KEY
    assert public_key_in(der.replace(bytes.fromhex("A003020102"), bytes.fromhex("A003020140"))) is None


def test_bytes_that_are_no_certificate_have_no_key() -> None:
    for junk in (b"", b"\x30\x00", b"\x30\x82\xff\xff", bytes(2000)):
        assert public_key_in(junk) is None
