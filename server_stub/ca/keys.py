"""Which public keys may be certified, and by what name the units call them."""

from __future__ import annotations

from math import gcd, isqrt, prod
from typing import Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec, rsa

CertifiableKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

RSA_SIZES: Final = (2048, 3072, 4096)
# SP 800-78-5, table 2: the only exponent PIV keys have.
RSA_EXPONENT: Final = 65537
CURVES: Final = {"secp256r1": "P-256", "secp384r1": "P-384"}

_SMALL_PRIMES: Final = tuple(n for n in range(3, 752, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2)))
_SMALL_PRIMES_PRODUCT: Final = 2 * prod(_SMALL_PRIMES)
_FERMAT_ROUNDS: Final = 100
_SQUARES_MOD_64: Final = frozenset(n * n % 64 for n in range(64))


class WeakKey(Exception):
    """Not a key we certify. ``why`` is kind | size | exponent | curve | factor | close-primes | roca."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def certifiable(public_key: object) -> CertifiableKey:
    """The same key, once it is known to be one we certify. Raises WeakKey."""
    if isinstance(public_key, rsa.RSAPublicKey):
        _check_rsa(public_key)
        return public_key
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        if public_key.curve.name not in CURVES:
            raise WeakKey("curve")
        return public_key
    raise WeakKey("kind")


def algorithm_of(public_key: CertifiableKey) -> str:
    """``RSA-2048``, ``RSA-3072``, ``RSA-4096``, ``P-256`` or ``P-384``."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return f"RSA-{public_key.key_size}"
    return CURVES[public_key.curve.name]


def _check_rsa(public_key: rsa.RSAPublicKey) -> None:
    numbers = public_key.public_numbers()
    if public_key.key_size not in RSA_SIZES:
        raise WeakKey("size")
    if numbers.e != RSA_EXPONENT:
        raise WeakKey("exponent")
    if gcd(numbers.n, _SMALL_PRIMES_PRODUCT) != 1:
        raise WeakKey("factor")
    if _has_close_primes(numbers.n):
        raise WeakKey("close-primes")
    if _has_roca_fingerprint(numbers.n):
        raise WeakKey("roca")


def _has_close_primes(modulus: int) -> bool:
    """Fermat's factorisation in a few rounds (CA/B Forum Baseline Requirements 6.1.1.3)."""
    root = isqrt(modulus - 1) + 1
    return any(_is_square((root + step) ** 2 - modulus) for step in range(_FERMAT_ROUNDS))


def _is_square(number: int) -> bool:
    """A square leaves one of twelve remainders modulo 64: that saves most of the roots."""
    return number % 64 in _SQUARES_MOD_64 and isqrt(number) ** 2 == number


def _powers_of_exponent(prime: int) -> frozenset[int]:
    return frozenset(pow(RSA_EXPONENT, exponent, prime) for exponent in range(prime - 1))


# CVE-2017-15361: chips by Infineon made primes k*M + (65537^a mod M), M the product of the first primes; the
# modulus is then a power of 65537 modulo each of them. An honest key passes all by chance once in 2^27.
_ROCA_MARKS: Final = tuple((prime, _powers_of_exponent(prime)) for prime in _SMALL_PRIMES if prime <= 167)


def _has_roca_fingerprint(modulus: int) -> bool:
    return all(modulus % prime in powers for prime, powers in _ROCA_MARKS)
