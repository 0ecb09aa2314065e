"""Site passwords: argon2id with 19 MiB, two passes, one lane (OWASP's second choice, RFC 9106 parameters)."""

from __future__ import annotations

import os
import secrets
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_STEP_BACK: Final = 10
"""Niceness."""


def hash_password(password: str) -> str:
    return _THREADS.submit(_HASHER.hash, password).result()


def is_password(password: str, password_hash: str | None) -> bool:
    """Whether it fits. ``None`` (no such account) takes the same time and is never right."""
    fits = _THREADS.submit(_fits, password, password_hash or _nobodys_hash()).result()
    return fits and password_hash is not None


def _fits(password: str, password_hash: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except VerifyMismatchError:
        return False


def _give_way() -> None:
    """A thread that hashes computes for 30 ms; who reads is answered in two. On Linux threads have a niceness."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _STEP_BACK)


# Half of the cores at most: a sign-in can wait a moment, what those who are signed in ask for should not.
_THREADS = ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // 2), "passwords", _give_way)


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash(secrets.token_hex(16))
