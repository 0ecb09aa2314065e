"""Admin keys and PUKs. They are on cards: the derivation must never change."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_stub.custody import derivation
from server_stub.custody.master import MasterKey

MASTER = bytes(range(32))
CARD = bytes.fromhex("00112233445566778899aabbccddeeff")
ALGORITHMS = ["TDES", "AES-128", "AES-192", "AES-256"]


def _expand(length: int, *fields: bytes) -> bytes:
    """RFC 5869 section 2.3 for one block, by hand."""
    info = b"".join(len(field).to_bytes(2, "big") + field for field in (b"cardtool-ra/1", *fields))
    return hmac.digest(MASTER, info + b"\x01", hashlib.sha256)[:length]


@pytest.mark.parametrize(("algorithm", "length"), [("AES-128", 16), ("AES-192", 24), ("AES-256", 32)])
def test_admin_key_by_hand(algorithm: str, length: int) -> None:
    expected = _expand(length, b"admin-key", algorithm.encode(), CARD, bytes(4))
    assert derivation.admin_key(MASTER, CARD, algorithm) == expected


def test_puk_by_hand() -> None:
    number = int.from_bytes(_expand(8, b"puk", CARD, (7).to_bytes(4, "big"), bytes(4)), "big")
    assert derivation.puk(MASTER, CARD, 7) == f"{number % 10**8:08d}"


def test_values_that_are_on_cards_already() -> None:
    keys = {name: derivation.admin_key(MASTER, CARD, name).hex() for name in ALGORITHMS}
    assert keys == {
        "TDES": "2f4c38a1070102701af8c840fe2a4f37ad084c2c19987c62",
        "AES-128": "358a9ef06ec2b15f2cf9076152f99087",
        "AES-192": "7501f842e54e3c750028d8fad3e74f62a30cf33fd78bae9d",
        "AES-256": "bc23969a647bebdc81ec470995c061e87a0c06c5ea94e975ca944a1599b905d6",
    }
    assert [derivation.puk(MASTER, CARD, n) for n in range(3)] == ["25610663", "46599136", "85474390"]


def test_every_secret_is_its_own() -> None:
    other = bytes(16)
    derived = [
        derivation.admin_key(key, card, name)[:16]
        for key in (MASTER, other * 2)
        for card in (CARD, other)
        for name in ALGORITHMS
    ]
    puks = [derivation.puk(MASTER, card, n) for card in (CARD, other) for n in range(50)]

    assert len(set(derived)) == len(derived)
    assert len(set(puks)) == len(puks)


@given(st.lists(st.binary(max_size=5)), st.lists(st.binary(max_size=5)))
def test_different_fields_never_meet(one: list[bytes], other: list[bytes]) -> None:
    same = derivation.derive(MASTER, 16, *one) == derivation.derive(MASTER, 16, *other)
    assert same == (one == other)


# --- 3DES -------------------------------------------------------------------------------------


@given(st.binary(min_size=16, max_size=16))
def test_tdes_keys_are_sound(card: bytes) -> None:
    key = derivation.admin_key(MASTER, card, "TDES")

    assert len(key) == 24
    assert all(byte.bit_count() % 2 == 1 for byte in key)
    assert not derivation.is_weak_tdes(key)


@pytest.mark.parametrize(
    "key",
    [
        "0123456789abcdef 0123456789abcdef 456789abcdef0123",
        "0123456789abcdef 23456789abcdef01 0123456789abcdef",
        "0123456789abcdef 0101010101010101 456789abcdef0123",
        "0123456789abcdef 23456789abcdef01 e0e0e0e0f1f1f1f1",
        "01fe01fe01fe01fe 23456789abcdef01 456789abcdef0123",
    ],
)
def test_weak_tdes_keys(key: str) -> None:
    assert derivation.is_weak_tdes(bytes.fromhex(key))


def test_a_weak_draw_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    strong = bytes.fromhex("0123456789abcdef23456789abcdef01456789abcdef0123")
    monkeypatch.setattr(derivation, "_draws", lambda *_: iter([bytes(24), strong]))

    assert derivation.admin_key(MASTER, CARD, "TDES") == strong


# --- PUK --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "digits",
    [
        "00000000",
        "12345678",
        "87654321",
        "89012345",
        "86420864",
        "12121212",
        "11223311",
        "12341234",
        "11112223",
    ],
)
def test_guessable(digits: str) -> None:
    assert derivation.is_guessable(digits)


@given(st.binary(min_size=16, max_size=16), st.integers(0, 2**32 - 1))
def test_puks_are_eight_digits_nobody_guesses(card: bytes, n: int) -> None:
    puk = derivation.puk(MASTER, card, n)

    assert len(puk) == 8
    assert puk.isdecimal()
    assert not derivation.is_guessable(puk)


def test_guessable_and_unfair_draws_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = [b"\xff" * 8, (12345678).to_bytes(8, "big"), (31415926).to_bytes(8, "big")]
    monkeypatch.setattr(derivation, "_draws", lambda *_: iter(draws))

    assert derivation.puk(MASTER, CARD, 0) == "31415926"


def test_digits_are_even_at_every_place() -> None:
    """5,000 fixed PUKs: each digit is expected 500 times per place, with a deviation of about 21."""
    puks = [derivation.puk(MASTER, CARD, n) for n in range(5000)]
    for place in range(8):
        counts = Counter(puk[place] for puk in puks)
        assert all(390 < counts[digit] < 610 for digit in "0123456789")


@pytest.mark.parametrize("card_id", ["", "00", "00" * 17, "zz" * 16])
def test_card_ids_have_sixteen_bytes(tmp_path_factory: pytest.TempPathFactory, card_id: str) -> None:
    master = MasterKey.open(tmp_path_factory.mktemp("custody") / "master.json")
    with pytest.raises(ValueError):
        master.puk(1, card_id, 0)
    assert master.puk(1, "AB" * 16, 0) == master.puk(1, "ab" * 16, 0)
