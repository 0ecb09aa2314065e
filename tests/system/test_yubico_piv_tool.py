"""yubico-piv-tool accepts the software card through the real pcscd, extensions included.

Certificates are made by ``cryptography``: the tool's own self-sign and CSR fail with OpenSSL 3 (2.2.0).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)

from cardtool.pcsc.virtual.piv import YUBIKEY, Algorithm, VirtualPivCard
from tests.system.conftest import Run
from tests.system.pcscd import READERS, StartCard
from tests.unit.virtual.terminal import certify

TOOL = ("yubico-piv-tool", "--reader", READERS[0])
DEFAULT_KEY = "010203040506070801020304050607080102030405060708"
OLDER_YUBIKEY = replace(YUBIKEY, name="yubikey-5.3", admin_algorithm=Algorithm.TDEA)
"""yubico-piv-tool 2.2.0 authenticates with TDEA only, the default of YubiKeys before 5.7."""
NEW_KEY = "a1a2a3a4a5a6a7a8b1b2b3b4b5b6b7b8c1c2c3c4c5c6c7c8"


def test_status(vpcd_card: StartCard, run: Run) -> None:
    card = vpcd_card(OLDER_YUBIKEY)
    status = run(*TOOL, "--action", "status")
    assert "5.7.1" in status
    assert str(VirtualPivCard.inspect(card.state).serial) in status
    assert "PIN tries left:\t3" in status


@pytest.mark.parametrize("algorithm", ["RSA2048", "ECCP256", "ECCP384"])
def test_generate_import_and_read_back(
    vpcd_card: StartCard, run: Run, tmp_path: Path, algorithm: str
) -> None:
    vpcd_card(OLDER_YUBIKEY)
    public, certificate = tmp_path / "public.pem", tmp_path / "certificate.pem"
    run(
        *TOOL, f"--key={DEFAULT_KEY}", "--action", "generate", "--slot", "9a",
        "--algorithm", algorithm, "--output", str(public),
    )  # fmt: skip
    key = load_pem_public_key(public.read_bytes())
    assert isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
    made = certify(key, "Wang Xiaoming")
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    run(
        *TOOL, f"--key={DEFAULT_KEY}", "--action", "import-certificate", "--slot", "9a",
        "--input", str(certificate),
    )  # fmt: skip
    read = run(*TOOL, "--action", "read-certificate", "--slot", "9a")
    assert x509.load_pem_x509_certificate(read.encode()) == made
    assert "Wang Xiaoming" in run(*TOOL, "--action", "status")
    verdict = run(*TOOL, "--action", "verify-pin", "--pin", "123456", "--action", "test-signature",
                  "--slot", "9a", "--input", str(certificate))  # fmt: skip
    assert "Successful" in verdict


def test_pin_puk_and_unblocking(vpcd_card: StartCard, run: Run) -> None:
    card = vpcd_card(OLDER_YUBIKEY)
    run(*TOOL, "--action", "change-pin", "--pin", "123456", "--new-pin", "246810")
    run(*TOOL, "--action", "change-puk", "--pin", "12345678", "--new-pin", "87654321")
    for _ in range(3):
        run(*TOOL, "--action", "verify-pin", "--pin", "999999", status=1)
    assert VirtualPivCard.inspect(card.state).pin.tries == 0
    run(*TOOL, "--action", "unblock-pin", "--pin", "87654321", "--new-pin", "135790")
    run(*TOOL, "--action", "verify-pin", "--pin", "135790")
    assert VirtualPivCard.inspect(card.state).pin.tries == 3


def test_management_key_can_be_replaced(vpcd_card: StartCard, run: Run) -> None:
    card = vpcd_card(OLDER_YUBIKEY)
    run(
        *TOOL, f"--key={DEFAULT_KEY}", "--action", "set-mgm-key",
        "--new-key", NEW_KEY,
    )  # fmt: skip
    key = VirtualPivCard.inspect(card.state).management_key
    assert (key.algorithm, key.value.hex()) == (Algorithm.TDEA, NEW_KEY)
    run(*TOOL, f"--key={NEW_KEY}", "--action", "set-chuid")


def test_attests_a_generated_key(vpcd_card: StartCard, run: Run, tmp_path: Path) -> None:
    card = vpcd_card(OLDER_YUBIKEY)
    run(
        *TOOL, f"--key={DEFAULT_KEY}", "--action", "generate", "--slot", "9c",
        "--algorithm", "ECCP256", "--output", str(tmp_path / "public.pem"),
    )  # fmt: skip
    statement = x509.load_pem_x509_certificate(run(*TOOL, "--action", "attest", "--slot", "9c").encode())
    signer = x509.load_pem_x509_certificate(
        run(*TOOL, "--action", "read-certificate", "--slot", "f9").encode()
    )
    root = x509.load_der_x509_certificate(VirtualPivCard.inspect(card.state).attestation_root)
    statement.verify_directly_issued_by(signer)
    signer.verify_directly_issued_by(root)
    assert statement.public_key() == load_pem_public_key((tmp_path / "public.pem").read_bytes())


def test_imports_a_key_and_uses_it(vpcd_card: StartCard, run: Run, tmp_path: Path) -> None:
    card = vpcd_card(OLDER_YUBIKEY)
    private = rsa.generate_private_key(65537, 2048)
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    certificate.write_bytes(certify(private.public_key(), "Wang Xiaoming").public_bytes(Encoding.PEM))
    run(*TOOL, f"--key={DEFAULT_KEY}", "--action", "import-key", "--slot", "9d", "--input", str(key))
    assert not VirtualPivCard.inspect(card.state).keys[0x9D].generated
    verdict = run(*TOOL, "--action", "verify-pin", "--pin", "123456", "--action", "test-decipher",
                  "--slot", "9d", "--input", str(certificate))  # fmt: skip
    assert "Successful" in verdict


def test_retry_limits_and_reset(vpcd_card: StartCard, run: Run) -> None:
    card = vpcd_card(OLDER_YUBIKEY)
    run(
        *TOOL, f"--key={DEFAULT_KEY}", "--action", "verify-pin", "--pin", "123456",
        "--action", "pin-retries", "--pin-retries", "1", "--puk-retries", "1",
    )  # fmt: skip
    assert VirtualPivCard.inspect(card.state).pin.limit == 1
    run(*TOOL, "--action", "reset", status=1)
    run(*TOOL, "--action", "verify-pin", "--pin", "999999", status=1)
    run(*TOOL, "--action", "change-puk", "--pin", "99999999", "--new-pin", "11111111", status=1)
    run(*TOOL, "--action", "reset")
    assert VirtualPivCard.inspect(card.state).pin.tries == 3
