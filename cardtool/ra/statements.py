"""The texts a card signs for the RA (docs/ra-api.md, "Statements a card signs").

Built here, from what this computer knows: a card never signs bytes of the RA's choosing.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

from cardtool.ra.members import TIME_FORMAT


def card_verification_statement(
    *, audience: str, card_id: str, nonce: bytes, purpose: str, now: datetime
) -> bytes:
    """For the card-verification key 9E. ``audience`` is ``RaClient.origin``."""
    return canonical_json(
        {
            "audience": audience,
            "card_id": card_id,
            "nonce": nonce.hex(),
            "purpose": purpose,
            "time": _time(now),
            "type": "card-verification",
        }
    )


def stored_statement(*, audience: str, certificate: bytes, order: str, now: datetime) -> bytes:
    """For the new key, once its ``certificate`` (DER) is on the card."""
    return canonical_json(
        {
            "audience": audience,
            "certificate_sha256": hashlib.sha256(certificate).hexdigest(),
            "order": order,
            "time": _time(now),
            "type": "stored",
        }
    )


def rekey_statement(
    *, audience: str, order: str, card_id: str, terms_sha256: str, nonce: bytes, now: datetime
) -> bytes:
    """For the working key, before it is destroyed by its successor's generation in the same slot (spec 3.4)."""
    return canonical_json(
        {
            "audience": audience,
            "card_id": card_id,
            "nonce": nonce.hex(),
            "order": order,
            "terms_sha256": terms_sha256,
            "time": _time(now),
            "type": "re-key",
        }
    )


def canonical_json(members: dict[str, str]) -> bytes:
    """RFC 8785 for text members with ASCII names: sorted, no white space, UTF-8."""
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def _time(now: datetime) -> str:
    return now.astimezone(UTC).strftime(TIME_FORMAT)
