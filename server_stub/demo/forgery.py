"""Certificates a client must refuse: for another key, expired, or from a CA nobody trusts."""

from __future__ import annotations

import json
from datetime import timedelta
from enum import Enum, auto
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from server_stub.ca.authority import Authority
from server_stub.ra import Ra


class Forgery(Enum):
    KEY = auto()
    VALIDITY = auto()
    CHAIN = auto()


def forge(ra: Ra, what: Forgery, body: bytes) -> bytes | None:
    """The answer with its certificate replaced by a forged one; None when it holds none."""
    answer = json.loads(body or b"null")
    if not isinstance(answer, dict) or not answer.get("certificate"):
        return None
    genuine = x509.load_pem_x509_certificate(answer["certificate"].encode())
    answer["certificate"] = _forged(ra, what, genuine).public_bytes(Encoding.PEM).decode()
    return json.dumps(answer).encode()


def _forged(ra: Ra, what: Forgery, genuine: x509.Certificate) -> x509.Certificate:
    key = (
        ec.generate_private_key(ec.SECP256R1()).public_key() if what is Forgery.KEY else genuine.public_key()
    )
    age = timedelta(days=400) if what is Forgery.VALIDITY else timedelta(0)
    return (_foreign_authority() if what is Forgery.CHAIN else ra.authority).issue(
        "signing",
        key,
        genuine.subject,
        None,
        genuine.serial_number,
        genuine.not_valid_before_utc - age,
        genuine.not_valid_before_utc - age + timedelta(days=365),
    )


@cache
def _foreign_authority() -> Authority:
    with TemporaryDirectory() as folder:
        authority = Authority.open(Path(folder) / "ca", name="Foreign", practice=True, key_algorithm="P-256")
    authority.configure_urls("http://127.0.0.1")
    return authority
