"""OpenSC accepts the software card through the real pcscd: lists, reads, signs, decrypts, changes PINs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cardtool.pcsc.virtual.piv import GENERIC, YUBIKEY, VirtualPivCard
from tests.system.conftest import EnrolledCard, Run
from tests.system.pcscd import StartCard
from tests.unit.virtual.terminal import P256, P384, RSA_2048, RSA_3072

Enrol = Callable[..., EnrolledCard]
PIN = ("--login", "--pin", "123456")
MESSAGE = b"what the person agreed to"


def certificate_of(card: EnrolledCard, slot: int) -> tuple[x509.Certificate, rsa.RSAPublicKey]:
    certificate = card.certificates[slot]
    public = certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    return certificate, public


def test_lists_what_a_blank_card_has(vpcd_card: StartCard, run: Run) -> None:
    vpcd_card()
    assert "Personal Identity Verification Card" in run("opensc-tool", "--name")
    listing = run("pkcs15-tool", "--dump")
    assert "PIN [PIN]" in listing
    assert "X.509 Certificate [" not in listing


@pytest.mark.parametrize("personality", [YUBIKEY, GENERIC], ids=lambda kind: kind.name)
def test_reads_the_certificate(enrolled: Enrol, run: Run, personality: object) -> None:
    card = enrolled({0x9A: RSA_2048}, personality)
    assert "Certificate for PIV Authentication" in run("pkcs15-tool", "--dump")
    pem = run("pkcs15-tool", "--read-certificate", "01")
    begin = pem.index("-----BEGIN")
    assert x509.load_pem_x509_certificate(pem[begin:].encode()) == card.certificates[0x9A]


@pytest.mark.parametrize("personality", [YUBIKEY, GENERIC], ids=lambda kind: kind.name)
def test_signature_verifies_with_openssl(
    enrolled: Enrol, run: Run, tmp_path: Path, personality: object
) -> None:
    card = enrolled({0x9A: RSA_2048}, personality)
    message, signature, public = (tmp_path / name for name in ("message", "signature", "public.pem"))
    message.write_bytes(MESSAGE)
    key = card.certificates[0x9A].public_key()
    public.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    run(
        "pkcs11-tool", *PIN, "--sign", "--id", "01", "--mechanism", "SHA256-RSA-PKCS",
        "--input-file", str(message), "--output-file", str(signature),
    )  # fmt: skip
    verdict = run(
        "openssl", "dgst", "-sha256", "-verify", str(public), "-signature", str(signature), str(message)
    )
    assert "Verified OK" in verdict


def test_signs_with_the_key_that_always_wants_the_pin(enrolled: Enrol, run: Run, tmp_path: Path) -> None:
    card = enrolled({0x9C: RSA_3072})
    _, public = certificate_of(card, 0x9C)
    message, signature = tmp_path / "message", tmp_path / "signature"
    message.write_bytes(MESSAGE)
    run(
        "pkcs11-tool", *PIN, "--sign", "--id", "02", "--mechanism", "SHA256-RSA-PKCS",
        "--input-file", str(message), "--output-file", str(signature),
    )  # fmt: skip
    public.verify(signature.read_bytes(), MESSAGE, padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize(("algorithm", "digest"), [(P256, hashes.SHA256()), (P384, hashes.SHA384())])
def test_signs_with_elliptic_curves(
    enrolled: Enrol, run: Run, tmp_path: Path, algorithm: int, digest: hashes.HashAlgorithm
) -> None:
    card = enrolled({0x9A: algorithm})
    public = card.certificates[0x9A].public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    hasher = hashes.Hash(digest)
    hasher.update(MESSAGE)
    hashed, signature = tmp_path / "digest", tmp_path / "signature"
    hashed.write_bytes(hasher.finalize())
    run(
        "pkcs11-tool", *PIN, "--sign", "--id", "01", "--mechanism", "ECDSA", "--signature-format", "openssl",
        "--input-file", str(hashed), "--output-file", str(signature),
    )  # fmt: skip
    public.verify(signature.read_bytes(), hashed.read_bytes(), ec.ECDSA(utils.Prehashed(digest)))


def test_decrypts(enrolled: Enrol, run: Run, tmp_path: Path) -> None:
    card = enrolled({0x9D: RSA_2048})
    _, public = certificate_of(card, 0x9D)
    sealed, opened = tmp_path / "sealed", tmp_path / "opened"
    sealed.write_bytes(public.encrypt(MESSAGE, padding.PKCS1v15()))
    run(
        "pkcs11-tool", *PIN, "--decrypt", "--id", "03", "--mechanism", "RSA-PKCS",
        "--input-file", str(sealed), "--output-file", str(opened),
    )  # fmt: skip
    assert opened.read_bytes() == MESSAGE


def test_wrong_pin_costs_one_try(enrolled: Enrol, run: Run) -> None:
    card = enrolled({0x9A: RSA_2048})
    assert "CKR_PIN_INCORRECT" in run("pkcs11-tool", "--login", "--pin", "654321", "--list-objects", status=1)
    assert VirtualPivCard.inspect(card.process.state).pin.tries == 2


def test_changes_the_pin(vpcd_card: StartCard, run: Run) -> None:
    card = vpcd_card()
    run("pkcs11-tool", *PIN, "--change-pin", "--new-pin", "765432")
    assert VirtualPivCard.inspect(card.state).pin.value == b"765432\xff\xff"


def test_piv_tool_authenticates_and_generates(
    vpcd_card: StartCard, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = vpcd_card(GENERIC)
    key, public = tmp_path / "management.key", tmp_path / "public.pem"
    key.write_text(":".join(["01:02:03:04:05:06:07:08"] * 3))
    monkeypatch.setenv("PIV_EXT_AUTH_KEY", str(key))
    # With OpenSSL 3, piv-tool 0.23 fails to write the public key to a file, after the card has made it.
    run("piv-tool", "--admin", "M:9B:03", "--genkey", "9A:07", "--out", str(public), status=255)
    assert 0x9A in VirtualPivCard.inspect(card.state).keys
