"""Card keys do for ``cryptography`` what software keys do; here the card is a software key doing raw RSA."""

from __future__ import annotations

import copy
import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
)

from cardtool.cards.keys import CannotLeaveCard, CardECPrivateKey, CardRSAPrivateKey, card_private_key
from cardtool.errors import ProofFailed

SHA2 = [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()]


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def on_card(rsa_key: rsa.RSAPrivateKey) -> CardRSAPrivateKey:
    numbers = rsa_key.private_numbers()
    modulus = numbers.public_numbers.n

    def raise_to_private_exponent(block: bytes) -> bytes:
        assert len(block) == 256
        return pow(int.from_bytes(block, "big"), numbers.d, modulus).to_bytes(256, "big")

    return CardRSAPrivateKey(rsa_key.public_key(), raise_to_private_exponent)


def ec_on_card(key: ec.EllipticCurvePrivateKey) -> CardECPrivateKey:
    size = (key.key_size + 7) // 8

    def sign_digest(digest: bytes) -> bytes:
        assert len(digest) == size, "cards want exactly the curve's size"
        return key.sign(digest, ec.ECDSA(utils.Prehashed({32: hashes.SHA256(), 48: hashes.SHA384()}[size])))

    return CardECPrivateKey(key.public_key(), sign_digest)


@pytest.mark.parametrize("algorithm", SHA2, ids=lambda item: item.name)
def test_rsa_pkcs1_v15_is_the_same_as_in_software(
    rsa_key: rsa.RSAPrivateKey, on_card: CardRSAPrivateKey, algorithm: hashes.HashAlgorithm
) -> None:
    assert on_card.sign(b"m", padding.PKCS1v15(), algorithm) == rsa_key.sign(
        b"m", padding.PKCS1v15(), algorithm
    )


@pytest.mark.parametrize("salt", [padding.PSS.DIGEST_LENGTH, padding.PSS.MAX_LENGTH, 0, 20])
@pytest.mark.parametrize("algorithm", SHA2, ids=lambda item: item.name)
def test_rsa_pss_verifies(on_card: CardRSAPrivateKey, algorithm: hashes.HashAlgorithm, salt: int) -> None:
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), salt)
    for _ in range(5):
        on_card.public_key().verify(on_card.sign(b"m", pss, algorithm), b"m", pss, algorithm)


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()], ids=lambda item: item.name)
@pytest.mark.parametrize("algorithm", SHA2, ids=lambda item: item.name)
def test_ecdsa_verifies_with_longer_and_shorter_digests(
    curve: ec.EllipticCurve, algorithm: hashes.HashAlgorithm
) -> None:
    key = ec_on_card(ec.generate_private_key(curve))
    signature = key.sign(b"m", ec.ECDSA(algorithm))
    key.public_key().verify(signature, b"m", ec.ECDSA(algorithm))
    assert (key.curve.name, key.key_size) == (curve.name, curve.key_size)


def test_a_digest_may_be_handed_in(rsa_key: rsa.RSAPrivateKey, on_card: CardRSAPrivateKey) -> None:
    hasher = hashes.Hash(hashes.SHA256())
    hasher.update(b"m")
    digest = hasher.finalize()
    prehashed = utils.Prehashed(hashes.SHA256())
    assert on_card.sign(digest, padding.PKCS1v15(), prehashed) == rsa_key.sign(
        b"m", padding.PKCS1v15(), hashes.SHA256()
    )
    key = ec_on_card(ec.generate_private_key(ec.SECP256R1()))
    key.public_key().verify(key.sign(digest, ec.ECDSA(prehashed)), b"m", ec.ECDSA(hashes.SHA256()))
    with pytest.raises(ValueError, match="length"):
        on_card.sign(b"short", padding.PKCS1v15(), prehashed)


def test_csr_certificate_and_cms_are_built_with_it(on_card: CardRSAPrivateKey) -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "王小明")])
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    for key in (on_card, ec_on_card(ec.generate_private_key(ec.SECP256R1()))):
        assert (
            x509.CertificateSigningRequestBuilder()
            .subject_name(name)
            .sign(key, hashes.SHA256())
            .is_signature_valid
        )
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
        builder = builder.public_key(key.public_key()).not_valid_before(now).not_valid_after(now)
        certificate = builder.sign(key, hashes.SHA256())
        certificate.verify_directly_issued_by(certificate)
        cms = pkcs7.PKCS7SignatureBuilder().set_data(b"m").add_signer(certificate, key, hashes.SHA256())
        assert cms.sign(Encoding.DER, [])


def test_everything_else_is_refused_clearly(on_card: CardRSAPrivateKey) -> None:
    ec_key = ec_on_card(ec.generate_private_key(ec.SECP256R1()))
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    for refused in (
        lambda: on_card.sign(b"", oaep, hashes.SHA256()),
        lambda: on_card.sign(b"", padding.PKCS1v15(), utils.NoDigestInfo()),
        lambda: on_card.sign(b"", padding.PKCS1v15(), hashes.SHA1()),
        lambda: on_card.sign(
            b"", padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO), hashes.SHA256()
        ),
        lambda: on_card.sign(b"", padding.PSS(padding.MGF1(hashes.SHA256()), 1000), hashes.SHA256()),
        on_card.private_numbers,
        ec_key.private_numbers,
        lambda: ec_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        lambda: ec_key.exchange(ec.ECDH(), ec_key.public_key()),
    ):
        with pytest.raises(TypeError):
            refused()
    assert issubclass(CannotLeaveCard, TypeError)


def test_a_card_with_another_key_is_found_out() -> None:
    first, second = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    impostor = card_private_key(first.public_key(), ec_on_card(second)._operation)
    assert isinstance(impostor, CardECPrivateKey)
    with pytest.raises(ProofFailed):
        impostor.sign(b"m", ec.ECDSA(hashes.SHA256()))
    broken = CardRSAPrivateKey(rsa.generate_private_key(65537, 2048).public_key(), lambda block: block)
    with pytest.raises(ProofFailed):
        broken.sign(b"m", padding.PKCS1v15(), hashes.SHA256())


def test_copies_are_the_same_key(on_card: CardRSAPrivateKey) -> None:
    assert copy.copy(on_card) is on_card
    assert copy.deepcopy(on_card) is on_card
