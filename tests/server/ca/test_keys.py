"""RSA moduli that look right and are not."""

from __future__ import annotations

import secrets
from math import gcd, prod
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from server_stub.ca.keys import WeakKey, algorithm_of, certifiable

PRIMES = [n for n in range(2, 760) if all(n % d for d in range(2, n))]


def _why(modulus: int) -> str:
    with pytest.raises(WeakKey) as weak:
        certifiable(rsa.RSAPublicNumbers(65537, modulus).public_key())
    return weak.value.why


def _coprime(number: int) -> bool:
    return gcd(number, prod(PRIMES)) == 1


def _half() -> int:
    """A 1024-bit number without small factors; two of them make 2048 bits."""
    return next(n for n in iter(lambda: secrets.randbits(1024) | 3 << 1022 | 1, 0) if _coprime(n))


def _infineon_half() -> int:
    """CVE-2017-15361: primes were drawn as k*M + (65537^a mod M), M the product of the first 126 primes."""
    product = prod(PRIMES[:126])
    low = (3 << 1022) // product + 1
    while True:
        factor = low + secrets.randbelow((1 << 1024) // product - low)
        number = factor * product + pow(65537, secrets.randbits(200), product)
        if _coprime(number):
            return number


@pytest.mark.parametrize("algorithm", ["RSA-2048", "RSA-3072", "P-256", "P-384"])
def test_honest_keys(keys: dict[str, Any], algorithm: str) -> None:
    assert algorithm_of(certifiable(keys[algorithm].public_key())) == algorithm


@pytest.mark.parametrize("factor", [2, 3, 751])
def test_small_factor(factor: int) -> None:
    assert _why((1 << 2047) // factor * factor + factor) == "factor"


def test_close_primes() -> None:
    half = _half()
    other = next(half + step for step in range(2, 10_000, 2) if _coprime(half + step))
    assert _why(half * other) == "close-primes"


def test_roca() -> None:
    assert _why(_infineon_half() * _infineon_half()) == "roca"


def test_odd_size() -> None:
    assert _why(_half() * _half() * 3) == "size"


@pytest.mark.parametrize("thing", [None, b"key", ec.generate_private_key(ec.SECP256R1())])
def test_not_a_public_key(thing: object) -> None:
    with pytest.raises(WeakKey):
        certifiable(thing)
