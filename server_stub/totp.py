"""Time-based one-time passwords (RFC 6238: SHA-1, 6 digits, 30 seconds), the officers' second factor."""

from __future__ import annotations

import hmac
import secrets
from base64 import b32encode
from datetime import datetime
from typing import Final
from urllib.parse import quote

STEP_SECONDS: Final = 30
DIGITS: Final = 6
_KEY_LENGTH: Final = 20  # RFC 4226 section 4, R6
_WINDOW: Final = 1  # steps a clock may be off (RFC 6238 section 5.2)


def new_key() -> bytes:
    return secrets.token_bytes(_KEY_LENGTH)


def code(key: bytes, step: int) -> str:
    """HOTP of the step's number (RFC 4226 section 5.3)."""
    digest = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def matching_step(key: bytes, typed: str, now: datetime, *, after: int) -> int | None:
    """The step whose code was typed, if it is near ``now`` and later than ``after``: a code works once."""
    current = int(now.timestamp()) // STEP_SECONDS
    for step in range(max(current - _WINDOW, after + 1), current + _WINDOW + 1):
        if hmac.compare_digest(code(key, step).encode(), typed.encode("utf-8", "surrogatepass")):
            return step
    return None


def enrolment_uri(key: bytes, *, issuer: str, name: str) -> str:
    """What authenticator applications read as QR code."""
    label = f"{quote(issuer, safe='')}:{quote(name, safe='')}"
    return f"otpauth://totp/{label}?secret={b32encode(key).decode()}&issuer={quote(issuer, safe='')}"
