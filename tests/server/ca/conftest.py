"""One CA and one key of each kind for the whole run: making RSA keys is slow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from server_stub.ca.authority import Authority
from server_stub.ca.profiles import PROFILES

BASE_URL = "http://127.0.0.1:8470"
NOW = datetime.now(UTC).replace(microsecond=0)

MAKERS = {
    "RSA-2048": lambda: rsa.generate_private_key(65537, 2048),
    "RSA-3072": lambda: rsa.generate_private_key(65537, 3072),
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
}


@pytest.fixture(scope="session")
def keys() -> dict[str, Any]:
    """A private key by the name of its algorithm."""
    return {algorithm: make() for algorithm, make in MAKERS.items()}


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A practice CA with the default keys (RSA-3072) and a Chinese name."""
    opened = Authority.open(tmp_path_factory.mktemp("ra") / "ca", name="證券憑證測試", practice=True)
    opened.configure_urls(BASE_URL)
    return opened


@pytest.fixture(scope="session")
def subject() -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "TW"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "範例證券股份有限公司"),
            x509.NameAttribute(NameOID.COMMON_NAME, "王小明"),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, "A1234"),
        ]
    )


@pytest.fixture
def issue(authority: Authority, keys: dict[str, Any], subject: x509.Name) -> Callable[..., x509.Certificate]:
    """Issue with everything preset; any argument of ``Authority.issue`` may be given instead."""

    def issued(profile: str = "signing", algorithm: str = "P-256", **changes: Any) -> x509.Certificate:
        preset: dict[str, Any] = {
            "public_key": keys[algorithm].public_key(),
            "subject": subject,
            "email": "wang@example.tw" if PROFILES[profile].email else None,
            "serial": authority.new_serial(),
            "not_before": NOW,
            "not_after": NOW + timedelta(days=730),
        }
        return authority.issue(profile, **(preset | changes))

    return issued
