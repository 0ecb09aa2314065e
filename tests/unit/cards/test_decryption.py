"""Keys on the card that open, agree and sign, in cryptography's hands; every algorithm a card may have."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from cardtool import errors
from cardtool.cards.keys import (
    CannotLeaveCard,
    CardECPrivateKey,
    CardEd25519PrivateKey,
    CardRSAPrivateKey,
    CardX25519PrivateKey,
)
from cardtool.cards.piv import recipes
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import Algorithm, Slot
from tests.unit.cards.bench_card import BenchCard, certify

SLOT = Slot.KEY_MANAGEMENT
MAIL = b"Dear Anna,\r\nthis is for you alone.\r\n"
OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), b"label")
OAEP_MIXED = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA512(), None)


def rsa_key(session: PivSession, algorithm: Algorithm = Algorithm.RSA_2048) -> CardRSAPrivateKey:
    public = session.generate_asymmetric_key_pair(SLOT, algorithm)
    key = recipes.any_private_key(session, SLOT, public)
    assert isinstance(key, CardRSAPrivateKey)
    return key


def test_cms_is_opened_by_cryptography() -> None:
    with BenchCard().admin() as session:
        key = rsa_key(session)
        certificate = x509.load_der_x509_certificate(certify(key.public_key()))
        envelope = pkcs7.PKCS7EnvelopeBuilder().set_data(MAIL).add_recipient(certificate)
        closed = envelope.encrypt(Encoding.DER, [pkcs7.PKCS7Options.Binary])
        assert pkcs7.pkcs7_decrypt_der(closed, certificate, key, []) == MAIL


@pytest.mark.parametrize("kind", [padding.PKCS1v15(), OAEP, OAEP_MIXED], ids=["v1.5", "OAEP", "OAEP mixed"])
def test_rsa_paddings(kind: padding.AsymmetricPadding) -> None:
    with BenchCard().admin() as session:
        key = rsa_key(session)
        for message in (b"", b"content key", bytes(32)):
            assert key.decrypt(key.public_key().encrypt(message, kind), kind) == message


def test_what_is_not_for_this_key_is_one_and_the_same_error() -> None:
    with BenchCard().admin() as session:
        key = rsa_key(session)
        other = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), b"another label")
        closed = key.public_key().encrypt(b"m", padding.PKCS1v15())
        words = set()
        for ciphertext, kind in (
            (closed, OAEP),
            (bytes(255) + b"\x02", padding.PKCS1v15()),
            (key.public_key().encrypt(b"m", OAEP), other),
        ):
            with pytest.raises(ValueError) as caught:
                key.decrypt(ciphertext, kind)
            words.add(str(caught.value))
        assert words == {"Decryption failed"}
        with pytest.raises(ValueError):
            key.decrypt(closed[:-1], padding.PKCS1v15())
        with pytest.raises(CannotLeaveCard):
            key.decrypt(closed, padding.PSS(padding.MGF1(hashes.SHA256()), 20))


def test_another_key_in_the_slot_is_told() -> None:
    stranger = rsa.generate_private_key(65537, 2048).public_key()
    with BenchCard().admin() as session:
        rsa_key(session)
        key = recipes.private_key(session, SLOT, stranger)
        assert isinstance(key, CardRSAPrivateKey)
        with pytest.raises(errors.ProofFailed):
            key.decrypt(b"\x00" + bytes(254) + b"\x02", padding.PKCS1v15())


@pytest.mark.parametrize("algorithm", [Algorithm.RSA_3072, Algorithm.RSA_4096], ids=lambda item: item.label)
def test_large_rsa_keys_sign_and_open(algorithm: Algorithm) -> None:
    with BenchCard().admin() as session:
        key = rsa_key(session, algorithm)
        assert key.key_size == algorithm.rsa_bits
        key.sign(b"m", padding.PKCS1v15(), hashes.SHA512())
        assert key.decrypt(key.public_key().encrypt(b"m", OAEP), OAEP) == b"m"


@pytest.mark.parametrize("algorithm", [Algorithm.ECC_P256, Algorithm.ECC_P384], ids=lambda item: item.label)
def test_elliptic_curves_agree_and_sign(algorithm: Algorithm) -> None:
    with BenchCard().admin() as session:
        public = session.generate_asymmetric_key_pair(SLOT, algorithm)
        key = recipes.any_private_key(session, SLOT, public)
        assert isinstance(key, CardECPrivateKey)
        peer = ec.generate_private_key(key.curve)
        assert key.exchange(ec.ECDH(), peer.public_key()) == peer.exchange(ec.ECDH(), key.public_key())
        key.sign(b"m", ec.ECDSA(hashes.SHA384()))
        with pytest.raises(ValueError):
            key.exchange(ec.ECDH(), ec.generate_private_key(ec.SECP521R1()).public_key())


def test_ed25519_signs_and_certifies() -> None:
    with BenchCard().admin() as session:
        public = session.generate_asymmetric_key_pair(Slot.AUTHENTICATION, Algorithm.ED25519)
        key = recipes.any_private_key(session, Slot.AUTHENTICATION, public)
        assert isinstance(key, CardEd25519PrivateKey)
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, None)
        assert request.is_signature_valid
        stranger = ed25519.Ed25519PrivateKey.generate().public_key()
        with pytest.raises(errors.ProofFailed):
            CardEd25519PrivateKey(stranger, key.sign).sign(b"m")


def test_x25519_agrees() -> None:
    with BenchCard().admin() as session:
        public = session.generate_asymmetric_key_pair(SLOT, Algorithm.X25519)
        key = recipes.any_private_key(session, SLOT, public)
        assert isinstance(key, CardX25519PrivateKey)
        peer = x25519.X25519PrivateKey.generate()
        assert key.exchange(peer.public_key()) == peer.exchange(key.public_key())
        for leave in (key.private_bytes, key.private_bytes_raw, key.private_numbers):
            with pytest.raises(CannotLeaveCard):
                leave()
