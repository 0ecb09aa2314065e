"""From a master key to the secrets of one card: HKDF-Expand with SHA-256 (RFC 5869 section 2.3).

The master key is uniformly random, so no extraction is needed. Everything that tells two secrets apart stands
in ``info`` with its length in front: no two different lists of fields give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, pairwise
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

KEY_LENGTHS: Final = {"TDES": 24, "AES-128": 16, "AES-192": 24, "AES-256": 32}
PUK_DIGITS: Final = 8
_DOMAIN: Final = b"cardtool-ra/1"

# SP 800-67r2 section 3.3.2, with odd parity; the last twelve are the semi-weak pairs.
_WEAK_DES_KEYS: Final = frozenset(
    bytes.fromhex(line)[start : start + 8]
    for line in (
        "0101010101010101 FEFEFEFEFEFEFEFE E0E0E0E0F1F1F1F1 1F1F1F1F0E0E0E0E",
        "011F011F010E010E 1F011F010E010E01 01E001E001F101F1 E001E001F101F101",
        "01FE01FE01FE01FE FE01FE01FE01FE01 1FE01FE00EF10EF1 E01FE01FF10EF10E",
        "1FFE1FFE0EFE0EFE FE1FFE1FFE0EFE0E E0FEE0FEF1FEF1FE FEE0FEE0FEF1FEF1",
    )
    for start in range(0, 32, 8)
)


def derive(master: bytes, length: int, *fields: bytes) -> bytes:
    """``length`` bytes that depend on the master key and on every field."""
    info = b"".join(len(field).to_bytes(2, "big") + field for field in (_DOMAIN, *fields))
    return HKDFExpand(SHA256(), length, info).derive(master)


def admin_key(master: bytes, card_id: bytes, algorithm: str) -> bytes:
    """The PIV 9B key. ``algorithm``: TDES | AES-128 | AES-192 | AES-256; KeyError for another.

    A TDES key has three different parts, none of them weak, in odd parity.
    """
    candidates = _draws(master, KEY_LENGTHS[algorithm], b"admin-key", algorithm.encode(), card_id)
    if algorithm != "TDES":
        return next(candidates)
    return next(key for key in map(with_odd_parity, candidates) if not is_weak_tdes(key))


def puk(master: bytes, card_id: bytes, n: int) -> str:
    """PUK number ``n`` of a card: eight digits, each allowed value equally likely."""
    draws = _draws(master, 8, b"puk", card_id, n.to_bytes(4, "big"))
    span = 10**PUK_DIGITS
    fair = 2**64 - 2**64 % span  # what lies above would make small numbers likelier
    numbers = (int.from_bytes(draw, "big") for draw in draws)
    puks = (f"{number % span:0{PUK_DIGITS}d}" for number in numbers if number < fair)
    return next(digits for digits in puks if not is_guessable(digits))


def is_guessable(digits: str) -> bool:
    """What people try first: few different digits, steady runs (12345678, 86420864), a doubled half."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(digits)}
    half = len(digits) // 2
    return len(set(digits)) < 4 or len(steps) == 1 or digits[:half] == digits[half:]


def with_odd_parity(key: bytes) -> bytes:
    """The lowest bit of every byte set so that the byte has an odd number of ones (FIPS 46-3)."""
    return bytes(byte & 0xFE | (byte >> 1).bit_count() % 2 ^ 1 for byte in key)


def is_weak_tdes(key: bytes) -> bool:
    """Two equal parts (then it is no triple DES) or a weak or semi-weak one. ``key`` has odd parity."""
    parts = {key[0:8], key[8:16], key[16:24]}
    return len(parts) < 3 or not parts.isdisjoint(_WEAK_DES_KEYS)


def _draws(master: bytes, length: int, *fields: bytes) -> Iterator[bytes]:
    for attempt in count():
        yield derive(master, length, *fields, attempt.to_bytes(4, "big"))
