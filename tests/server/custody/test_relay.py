"""The RA's half of the mutual authentication with key 9B, against published vectors and a small card."""

from __future__ import annotations

import os

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import given
from hypothesis import strategies as st

from server_stub.custody.derivation import KEY_LENGTHS
from server_stub.custody.relay import AdminRelay, RelayRefused

BLOCKS = {"TDES": 8, "AES-128": 16, "AES-192": 16, "AES-256": 16}

# (algorithm, key, plain, encrypted): FIPS 197 appendix C; SP 800-67 appendix B's first block.
_PLAIN = "00112233445566778899aabbccddeeff"
VECTORS = [
    ("AES-128", bytes(range(16)).hex(), _PLAIN, "69c4e0d86a7b0430d8cdb78070b4c55a"),
    ("AES-192", bytes(range(24)).hex(), _PLAIN, "dda97ca4864cdfe06eaf70a0ec0d7191"),
    ("AES-256", bytes(range(32)).hex(), _PLAIN, "8ea2b7ca516745bfeafc49904b496089"),
    ("TDES", "0123456789abcdef23456789abcdef01456789abcdef0123", "5468652071756663", "a826fd8ce53b855f"),
]


class Card:
    """The other half as SP 800-73-5 part 2 has it: encrypts its witness, encrypts the challenge."""

    def __init__(self, algorithm: str, key: bytes) -> None:
        self._cipher = Cipher(TripleDES(key) if algorithm == "TDES" else AES(key), ECB())
        self._witness = os.urandom(BLOCKS[algorithm])

    def witness(self) -> bytes:
        return self._encrypt(self._witness)

    def respond(self, witness: bytes, challenge: bytes) -> bytes:
        assert witness == self._witness
        return self._encrypt(challenge)

    def _encrypt(self, block: bytes) -> bytes:
        encryptor = self._cipher.encryptor()
        return encryptor.update(block) + encryptor.finalize()


def _key(algorithm: str) -> bytes:
    return os.urandom(KEY_LENGTHS[algorithm])


@pytest.mark.parametrize(("algorithm", "key", "plain", "encrypted"), VECTORS)
def test_direction(algorithm: str, key: str, plain: str, encrypted: str) -> None:
    """The witness is decrypted; the response is the challenge encrypted."""
    secret, clear, cipher = bytes.fromhex(key), bytes.fromhex(plain), bytes.fromhex(encrypted)

    assert AdminRelay(algorithm, secret).answer_witness(cipher)[0] == clear
    assert AdminRelay.restore(algorithm, secret, clear).check(cipher)


@pytest.mark.parametrize("algorithm", KEY_LENGTHS)
def test_with_a_card_across_two_requests(algorithm: str) -> None:
    key = _key(algorithm)
    card = Card(algorithm, key)
    first = AdminRelay(algorithm, key)
    witness, challenge = first.answer_witness(card.witness())
    second = AdminRelay.restore(algorithm, key, first.export())

    assert len(challenge) == BLOCKS[algorithm]
    assert second.check(card.respond(witness, challenge))


@pytest.mark.parametrize("algorithm", KEY_LENGTHS)
def test_another_key_s_card(algorithm: str) -> None:
    relay = AdminRelay(algorithm, _key(algorithm))
    stranger = Card(algorithm, _key(algorithm))
    _, challenge = relay.answer_witness(stranger.witness())

    assert not relay.check(stranger._encrypt(challenge))


def test_challenges_are_fresh() -> None:
    key = _key("AES-128")
    challenges = {AdminRelay("AES-128", key).answer_witness(bytes(16))[1] for _ in range(100)}

    assert len(challenges) == 100


def test_each_step_works_once() -> None:
    relay = AdminRelay("AES-128", _key("AES-128"))
    for early in (lambda: relay.check(bytes(16)), relay.export):
        with pytest.raises(RelayRefused, match="early"):
            early()
    relay.answer_witness(bytes(16))
    with pytest.raises(RelayRefused, match="used"):
        relay.answer_witness(bytes(16))
    assert not relay.check(bytes(16))
    for late in (lambda: relay.check(bytes(16)), relay.export, lambda: relay.answer_witness(bytes(16))):
        with pytest.raises(RelayRefused, match="used"):
            late()


@pytest.mark.parametrize("algorithm", KEY_LENGTHS)
def test_lengths(algorithm: str) -> None:
    key = _key(algorithm)
    for length in (0, 1, BLOCKS[algorithm] - 1, BLOCKS[algorithm] + 1, BLOCKS[algorithm] * 2):
        with pytest.raises(RelayRefused, match="length"):
            AdminRelay(algorithm, key).answer_witness(bytes(length))
        with pytest.raises(RelayRefused, match="length"):
            AdminRelay.restore(algorithm, key, bytes(length))
        assert not AdminRelay.restore(algorithm, key, bytes(BLOCKS[algorithm])).check(bytes(length))
    with pytest.raises(RelayRefused, match="length"):
        AdminRelay(algorithm, key[:-1])


@given(st.binary(max_size=40))
def test_nothing_but_the_right_response_passes(response: bytes) -> None:
    relay = AdminRelay("AES-128", bytes(16))
    relay.answer_witness(bytes(16))

    assert not relay.check(response)
