"""Yubico's own Python library and ``ykman`` accept the software card through the real pcscd."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key

from cardtool.pcsc.virtual.piv import VirtualPivCard
from tests.system.conftest import Run
from tests.system.pcscd import CardProcess, StartCard
from tests.unit.virtual.terminal import DEFAULT_KEY, certify

piv = pytest.importorskip("yubikit.piv")
pcsc = pytest.importorskip("ykman.pcsc")


@pytest.fixture
def card(vpcd_card: StartCard) -> CardProcess:
    return vpcd_card()


@pytest.fixture
def session(card: CardProcess) -> Iterator[object]:
    """A PivSession on the card, management key and PIN presented."""
    device = next(device for device in pcsc.list_devices(card.reader) if device.reader.name == card.reader)
    with device.open_connection(pcsc.SmartCardConnection) as connection:
        session = piv.PivSession(connection)
        session.authenticate(DEFAULT_KEY)
        session.verify_pin("123456")
        yield session


def test_generates_signs_and_attests(session: piv.PivSession, card: CardProcess) -> None:
    public = session.generate_key(piv.SLOT.SIGNATURE, piv.KEY_TYPE.ECCP256)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    session.verify_pin("123456")
    signature = session.sign(piv.SLOT.SIGNATURE, piv.KEY_TYPE.ECCP256, b"message", hashes.SHA256())
    public.verify(signature, b"message", ec.ECDSA(hashes.SHA256()))
    metadata = session.get_slot_metadata(piv.SLOT.SIGNATURE)
    assert (metadata.generated, metadata.pin_policy) == (True, piv.PIN_POLICY.ALWAYS)
    statement = session.attest_key(piv.SLOT.SIGNATURE)
    statement.verify_directly_issued_by(session.get_certificate(piv.SLOT.ATTESTATION))
    assert statement.public_key() == public


def test_rsa_certificate_and_signature(session: piv.PivSession) -> None:
    public = session.generate_key(piv.SLOT.AUTHENTICATION, piv.KEY_TYPE.RSA3072)
    assert isinstance(public, rsa.RSAPublicKey)
    certificate = certify(public, "Wang Xiaoming")
    session.put_certificate(piv.SLOT.AUTHENTICATION, certificate, compress=True)
    assert session.get_certificate(piv.SLOT.AUTHENTICATION) == certificate
    signature = session.sign(
        piv.SLOT.AUTHENTICATION, piv.KEY_TYPE.RSA3072, b"message", hashes.SHA256(), padding.PKCS1v15()
    )
    public.verify(signature, b"message", padding.PKCS1v15(), hashes.SHA256())


def test_ed25519_and_x25519(session: piv.PivSession) -> None:
    signer = session.generate_key(piv.SLOT.AUTHENTICATION, piv.KEY_TYPE.ED25519)
    assert isinstance(signer, ed25519.Ed25519PublicKey)
    signer.verify(session.sign(piv.SLOT.AUTHENTICATION, piv.KEY_TYPE.ED25519, b"message", None), b"message")
    agreeing = session.generate_key(piv.SLOT.KEY_MANAGEMENT, piv.KEY_TYPE.X25519)
    peer = x25519.X25519PrivateKey.generate()
    shared = session.calculate_secret(piv.SLOT.KEY_MANAGEMENT, peer.public_key())
    assert shared == peer.exchange(agreeing)


def test_moves_and_deletes_keys(session: piv.PivSession, card: CardProcess) -> None:
    public = session.put_key(piv.SLOT.KEY_MANAGEMENT, rsa.generate_private_key(65537, 2048))
    assert public == piv.KEY_TYPE.RSA2048
    session.move_key(piv.SLOT.KEY_MANAGEMENT, piv.SLOT.RETIRED1)
    assert set(VirtualPivCard.inspect(card.state).keys) == {0x82, 0xF9}
    session.delete_key(piv.SLOT.RETIRED1)
    assert set(VirtualPivCard.inspect(card.state).keys) == {0xF9}


def test_management_key_and_metadata(session: piv.PivSession) -> None:
    assert session.management_key_type == piv.MANAGEMENT_KEY_TYPE.AES192
    assert session.get_management_key_metadata().default_value
    session.set_management_key(piv.MANAGEMENT_KEY_TYPE.AES256, bytes(range(32)))
    session.authenticate(bytes(range(32)))
    assert not session.get_management_key_metadata().default_value
    assert session.get_puk_metadata().attempts_remaining == 3


def test_reset(session: piv.PivSession, card: CardProcess) -> None:
    session.generate_key(piv.SLOT.AUTHENTICATION, piv.KEY_TYPE.ECCP384)
    session.reset()
    assert set(VirtualPivCard.inspect(card.state).keys) == {0xF9}


def test_ykman_imports_a_certificate(card: CardProcess, run: Run, tmp_path: Path) -> None:
    """It rewrites the CHUID on the way, so that Windows forgets what it knew of the card."""
    ykman = (str(Path(sys.executable).with_name("ykman")), "--reader", card.reader, "piv")
    public, certificate = tmp_path / "public.pem", tmp_path / "certificate.pem"
    assert "PIN tries remaining:" in run(*ykman, "info")
    key = DEFAULT_KEY.hex()
    run(*ykman, "keys", "generate", "--management-key", key, "--algorithm", "ECCP256", "9a", str(public))
    new = load_pem_public_key(public.read_bytes())
    assert isinstance(new, ec.EllipticCurvePublicKey)
    made = certify(new, "Wang Xiaoming")
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    run(
        *ykman,
        "certificates",
        "import",
        "--management-key",
        key,
        "--verify",
        "--pin",
        "123456",
        "9a",
        str(certificate),
    )
    assert "Wang Xiaoming" in run(*ykman, "info")
    assert 0x5FC102 in VirtualPivCard.inspect(card.state).objects
