"""pkilint finds nothing at warning or above, for every profile and kind of key (spec 4.2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from pkilint.bin import lint_crl, lint_pkix_cert

from server_stub.ca.authority import Authority, RevokedEntry
from server_stub.ca.profiles import PROFILES

BASE_URL = "http://127.0.0.1:8470"
NOW = datetime.now(UTC).replace(microsecond=0)

# pkilint leaves the files it opens to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

Linter = Callable[[bytes], str]


@pytest.fixture
def findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Linter:
    """What ``lint_pkix_cert`` prints at warning and above; empty when it is content."""

    def lint(der: bytes) -> str:
        file = tmp_path / "certificate.der"
        file.write_bytes(der)
        count = lint_pkix_cert.main(["lint", "--severity", "WARNING", str(file)])
        printed = capsys.readouterr().out
        return f"{count} findings: {printed}" if count else ""

    return lint


@pytest.mark.parametrize("algorithm", ["RSA-2048", "RSA-3072", "P-256", "P-384"])
@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_with_every_key(
    issue: Callable[..., x509.Certificate], findings: Linter, profile: str, algorithm: str
) -> None:
    assert findings(issue(profile, algorithm).public_bytes(Encoding.DER)) == ""


def test_without_address(issue: Callable[..., x509.Certificate], findings: Linter) -> None:
    assert findings(issue(email=None).public_bytes(Encoding.DER)) == ""


@pytest.mark.parametrize("index", [0, 1], ids=["issuing", "root"])
@pytest.mark.parametrize("algorithm", ["RSA-3072", "P-256", "P-384"])
def test_ca_certificates(tmp_path: Path, findings: Linter, algorithm: str, index: int) -> None:
    authority = Authority.open(
        tmp_path / "ca", name="郵政測試", practice=False, key_algorithm=algorithm, url=BASE_URL
    )

    assert findings(authority.chain[index].public_bytes(Encoding.DER)) == ""


@pytest.mark.parametrize("reasons", [[], ["unspecified", "keyCompromise", "certificateHold", "superseded"]])
def test_crl(
    authority: Authority, tmp_path: Path, capsys: pytest.CaptureFixture[str], reasons: list[str]
) -> None:
    entries = [RevokedEntry(authority.new_serial(), NOW - timedelta(days=1), reason) for reason in reasons]
    file = tmp_path / "issuing.crl"
    file.write_bytes(authority.crl(entries, NOW))

    count = lint_crl.main(["lint", "--type", "CRL", "--profile", "PKIX", "--severity", "WARNING", str(file)])

    assert (count, capsys.readouterr().out.strip()) == (0, "")


def test_the_roots_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    authority = Authority.open(tmp_path / "ca", name="R", practice=False, key_algorithm="P-256")
    file = tmp_path / "root.crl"
    file.write_bytes(authority.root_crl(NOW))

    count = lint_crl.main(["lint", "--type", "ARL", "--profile", "PKIX", "--severity", "WARNING", str(file)])

    assert (count, capsys.readouterr().out.strip()) == (0, "")


def test_the_linter_would_complain(subject: x509.Name, findings: Linter) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    careless = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 1, NOW, NOW + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=False)
        .sign(key, SHA256())
    )

    assert "pkix.certificate_skid_ca_missing" in findings(careless.public_bytes(Encoding.DER))
