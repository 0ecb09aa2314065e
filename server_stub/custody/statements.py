"""Texts a card signed (docs/ra-api.md, "Statements a card signs").

The RA believes a statement only when every member is what it expects and the text has its one canonical form
(RFC 8785; all values are strings here), so that one statement has one encoding.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

MAXIMUM_LENGTH: Final = 2048
TOLERANCE: Final = timedelta(minutes=10)
_TIME_FORMAT: Final = "%Y-%m-%dT%H:%M:%SZ"
_CURVES: Final = ("secp256r1", "secp384r1")


class BadStatement(Exception):
    """``why`` is malformed | members | time | key | signature: for the log, not for the client."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def check_statement(
    public_key: object, statement: bytes, signature: bytes, expected: Mapping[str, str], now: datetime
) -> None:
    """Return if ``statement`` holds exactly ``expected`` plus a ``time`` near ``now`` and the key signed it.

    RSASSA-PKCS1-v1_5 or ECDSA (DER; P-256, P-384), each with SHA-256. Raises BadStatement.
    """
    check_members(statement, expected, now)
    _verify(public_key, statement, signature)


def check_members(statement: bytes, expected: Mapping[str, str], now: datetime) -> None:
    """Return if ``statement`` holds exactly ``expected`` plus a ``time`` near ``now``. Raises BadStatement."""
    members = _parse(statement)
    time = _parse_time(members.pop("time", ""))
    if members != dict(expected):
        raise BadStatement("members")
    if abs(now - time) > TOLERANCE:
        raise BadStatement("time")


def canonical(members: Mapping[str, str]) -> bytes:
    """RFC 8785 for text members with ASCII names: sorted, no white space, UTF-8.

    Raises UnicodeEncodeError for half a surrogate pair.
    """
    return json.dumps(dict(members), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _parse(statement: bytes) -> dict[str, str]:
    if len(statement) > MAXIMUM_LENGTH:
        raise BadStatement("malformed")
    try:
        members = json.loads(statement.decode())
        flat = isinstance(members, dict) and all(isinstance(value, str) for value in members.values())
        if not flat or canonical(members) != statement:
            raise BadStatement("malformed")
    except (ValueError, RecursionError) as error:
        raise BadStatement("malformed") from error
    return dict(members)


def _parse_time(text: str) -> datetime:
    try:
        time = datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError as error:
        raise BadStatement("time") from error
    if time.strftime(_TIME_FORMAT) != text:  # strptime also reads 2026-1-2
        raise BadStatement("time")
    return time


def _verify(public_key: object, statement: bytes, signature: bytes) -> None:
    try:
        if isinstance(public_key, rsa.RSAPublicKey):
            public_key.verify(signature, statement, PKCS1v15(), SHA256())
        elif isinstance(public_key, ec.EllipticCurvePublicKey) and public_key.curve.name in _CURVES:
            public_key.verify(signature, statement, ec.ECDSA(SHA256()))
        else:
            raise BadStatement("key")
    except InvalidSignature as error:
        raise BadStatement("signature") from error
