"""Requests, matching, names of algorithms, signatures."""

from __future__ import annotations

import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cardtool.pki.algorithms import algorithm_name, is_accepted
from cardtool.pki.csr import build_csr
from cardtool.pki.match import fingerprint, same_key
from cardtool.pki.verify import verify_signature
from tests.unit.pki.authority import name

EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize("key", [EC_KEY, RSA_KEY], ids=["P-256", "RSA-2048"])
def test_request_proves_possession(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    request = x509.load_pem_x509_csr(build_csr(key).encode())
    assert request.is_signature_valid
    assert same_key(request.public_key(), key.public_key())
    assert list(request.subject) == []


def test_request_with_a_subject() -> None:
    assert x509.load_pem_x509_csr(build_csr(EC_KEY, name("Wang")).encode()).subject == name("Wang")


def test_fingerprint_is_of_the_subject_public_key_info() -> None:
    info = RSA_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert fingerprint(RSA_KEY.public_key()) == hashlib.sha256(info).hexdigest()
    assert not same_key(RSA_KEY.public_key(), EC_KEY.public_key())


@pytest.mark.parametrize(
    ("key", "expected", "accepted"),
    [
        (EC_KEY.public_key(), "P-256", True),
        (ec.generate_private_key(ec.SECP384R1()).public_key(), "P-384", True),
        (ec.generate_private_key(ec.SECP256K1()).public_key(), "secp256k1", False),
        (RSA_KEY.public_key(), "RSA-2048", True),
        (ed25519.Ed25519PrivateKey.generate().public_key(), "Ed25519", False),
    ],
)
def test_algorithms(key: ec.EllipticCurvePublicKey, expected: str, accepted: bool) -> None:
    assert algorithm_name(key) == expected
    assert is_accepted(key) is accepted


def test_signatures() -> None:
    by_ec = EC_KEY.sign(b"text", ec.ECDSA(SHA256()))
    by_rsa = RSA_KEY.sign(b"text", padding.PKCS1v15(), SHA256())
    assert verify_signature(EC_KEY.public_key(), by_ec, b"text")
    assert verify_signature(RSA_KEY.public_key(), by_rsa, b"text")
    assert not verify_signature(EC_KEY.public_key(), by_ec, b"Text")
    assert not verify_signature(RSA_KEY.public_key(), by_rsa, b"Text")
    assert not verify_signature(EC_KEY.public_key(), by_rsa, b"text")
    assert not verify_signature(RSA_KEY.public_key(), b"", b"text")
