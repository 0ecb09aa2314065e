"""The texts a card signs for the RA (docs/ra-api.md, "Statements a card signs").

Built here, from what this computer knows: a card never signs bytes of the RA's choosing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from cardtool.ra.members import TIME_FORMAT

SIGNED_ACT = "2.25.340101761335824935194603902314608133422"
"""The content type of acts signed as CMS: made of a UUID (ITU-T X.667), so that no signed e-mail is one."""


def sign_in_statement(*, audience: str, unit: str, identifier: str, nonce: bytes, now: datetime) -> bytes:
    """To sign in with the card: for the key of a working certificate, as CMS with content type SIGNED_ACT."""
    body = {"identifier": identifier, "nonce": nonce.hex(), "unit": unit}
    return canonical_json(
        {
            "audience": audience,
            "body_sha256": hashlib.sha256(canonical_json(body)).hexdigest(),
            "nonce": nonce.hex(),
            "purpose": "sign-in",
            "time": _time(now),
        }
    )


def renewal_statement(*, audience: str, key: bytes, order: str, now: datetime) -> bytes:
    """For the old certificate's key; ``key``: SubjectPublicKeyInfo (DER) of the new one."""
    return canonical_json(
        {
            "audience": audience,
            "key_sha256": hashlib.sha256(key).hexdigest(),
            "order": order,
            "time": _time(now),
            "type": "renewal",
        }
    )


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


def canonical_json(members: Mapping[str, str]) -> bytes:
    """RFC 8785 for text members with ASCII names: sorted, no white space, UTF-8."""
    return json.dumps(dict(members), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(
        "utf-8"
    )


def _time(now: datetime) -> str:
    return now.astimezone(UTC).strftime(TIME_FORMAT)
