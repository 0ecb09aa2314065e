"""Site passwords: argon2id with 19 MiB, two passes, one lane (OWASP's second choice, RFC 9106 parameters)."""

from __future__ import annotations

import os
import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Half of the cores at most: a sign-in can wait a moment, what those who are signed in ask for should not.
_SEATS = threading.BoundedSemaphore(max(1, (os.cpu_count() or 1) // 2))


def hash_password(password: str) -> str:
    with _SEATS:
        return _HASHER.hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Whether it fits. ``None`` (no such account) takes the same time and is never right."""
    with _SEATS:
        try:
            _HASHER.verify(password_hash or _nobodys_hash(), password)
        except VerifyMismatchError:
            return False
    return password_hash is not None


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash(secrets.token_hex(16))
