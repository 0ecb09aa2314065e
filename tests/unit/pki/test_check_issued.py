"""A certificate that is not exactly right is never written (spec 2.6)."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from cardtool.errors import CertificateRefused
from cardtool.pki.certificate import check_issued, describe, load, public_key_of
from tests.unit.pki.authority import AUTHORITY, CUSTOMER, NOW, YEAR, Authority, House, der, usage


def refused(house: House, certificate: x509.Certificate | bytes, **changes: object) -> str:
    """Why ``check_issued`` refuses; fails if it does not."""
    raw = certificate if isinstance(certificate, bytes) else der(certificate)
    values = {
        "public_key": house.key.public_key(),
        "chain": house.chain,
        "anchors": (house.root_certificate,),
        "now": NOW,
    }
    with pytest.raises(CertificateRefused) as caught:
        check_issued(raw, **{**values, **changes})
    return caught.value.reason


def accepted(house: House, certificate: x509.Certificate, **changes: object) -> None:
    values = {"chain": house.chain, "anchors": (house.root_certificate,), "now": NOW}
    check_issued(der(certificate), house.key.public_key(), **{**values, **changes})


def test_good(house: House) -> None:
    accepted(house, house.issuing.certify("Wang", house.key))


def test_chain_without_its_root_is_enough(house: House) -> None:
    accepted(house, house.issuing.certify("Wang", house.key), chain=(house.issuing_certificate,))


def test_certificate_without_extended_usage_is_good(house: House) -> None:
    accepted(house, house.issuing.certify("Wang", house.key, CUSTOMER[:2]))


def test_another_key(house: House) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    assert refused(house, house.issuing.certify("Wang", stranger)) == "key"


def test_expired(house: House) -> None:
    certificate = house.issuing.certify("Wang", house.key, not_after=NOW - timedelta(seconds=1))
    assert refused(house, certificate) == "validity"


def test_not_yet_valid(house: House) -> None:
    begins = NOW + timedelta(minutes=6)
    certificate = house.issuing.certify("Wang", house.key, not_before=begins)
    assert refused(house, certificate) == "validity"


def test_small_skew_is_tolerated(house: House) -> None:
    accepted(house, house.issuing.certify("Wang", house.key, not_before=NOW + timedelta(minutes=4)))


def test_clock_wrong_by_years(house: House) -> None:
    certificate = house.issuing.certify("Wang", house.key)
    assert refused(house, certificate, now=NOW - 20 * YEAR) == "validity"


def test_foreign_root(house: House) -> None:
    other = Authority("Root")
    root = other.certify("Root", other.key, AUTHORITY)
    assert refused(house, house.issuing.certify("Wang", house.key), anchors=(root,)) == "chain"


def test_no_anchor(house: House) -> None:
    assert refused(house, house.issuing.certify("Wang", house.key), anchors=()) == "chain"


def test_missing_link(house: House) -> None:
    certificate = house.issuing.certify("Wang", house.key)
    assert refused(house, certificate, chain=(house.root_certificate,)) == "chain"


def test_signed_by_an_impostor_of_the_same_name(house: House) -> None:
    assert refused(house, Authority("Issuing").certify("Wang", house.key)) == "chain"


def test_foreign_chain_sent_along(house: House) -> None:
    foreign = Authority("Foreign")
    chain = (foreign.certify("Foreign", foreign.key, AUTHORITY),)
    assert refused(house, foreign.certify("Wang", house.key), chain=chain) == "chain"


@pytest.mark.parametrize(
    "extensions",
    [
        pytest.param(CUSTOMER, id="a customer's certificate"),
        pytest.param((AUTHORITY[1],), id="no basic constraints"),
        pytest.param((CUSTOMER[0], AUTHORITY[1]), id="basic constraints without cA"),
        pytest.param((AUTHORITY[0], (usage("digital_signature"), True)), id="may not sign certificates"),
    ],
)
def test_issuer_that_is_no_authority(
    house: House, extensions: tuple[tuple[x509.ExtensionType, bool], ...]
) -> None:
    middle = Authority("Middle")
    link = house.issuing.certify("Middle", middle.key, extensions)
    assert refused(house, middle.certify("Wang", house.key), chain=(link, *house.chain)) == "chain"


def test_issuer_that_has_expired(house: House) -> None:
    middle = Authority("Middle")
    link = house.issuing.certify("Middle", middle.key, AUTHORITY, not_after=NOW - timedelta(days=1))
    assert refused(house, middle.certify("Wang", house.key), chain=(link, *house.chain)) == "chain"


def test_path_length_is_kept(house: House) -> None:
    issuing, middle = Authority("Short"), Authority("Middle")
    short = (x509.BasicConstraints(ca=True, path_length=0), True)
    links = (
        issuing.certify("Middle", middle.key, AUTHORITY),
        house.root.certify("Short", issuing.key, (short, AUTHORITY[1])),
    )
    assert refused(house, middle.certify("Wang", house.key), chain=links) == "chain"


@pytest.mark.parametrize(
    "extensions",
    [
        pytest.param(AUTHORITY, id="an authority"),
        pytest.param((CUSTOMER[0], (usage("key_encipherment"), True)), id="for encryption"),
        pytest.param((), id="without usage"),
    ],
)
def test_another_use(house: House, extensions: tuple[tuple[x509.ExtensionType, bool], ...]) -> None:
    assert refused(house, house.issuing.certify("Wang", house.key, extensions)) == "profile"


def test_weak_key(house: House) -> None:
    weak = ec.generate_private_key(ec.SECP192R1())
    certificate = house.issuing.certify("Wang", weak)
    assert refused(house, certificate, public_key=weak.public_key()) == "profile"


def test_changed_after_signing(house: House) -> None:
    good = der(house.issuing.certify("Wang", house.key))
    assert refused(house, good[:-1] + bytes([good[-1] ^ 1])) in {"chain", "malformed"}


@settings(max_examples=100, deadline=None)
@given(kept=st.integers(0, 2000), garbage=st.binary(max_size=64))
def test_truncated_or_garbled(house: House, kept: int, garbage: bytes) -> None:
    good = der(house.root_certificate)
    kept %= len(good)
    assert refused(house, good[:kept]) == "malformed"
    assert refused(house, good[:kept] + garbage) != ""


EMPTY_SHELL = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"


@pytest.mark.parametrize("text", ["", EMPTY_SHELL, "<html>"])
def test_load_refuses_what_is_no_certificate(text: str) -> None:
    with pytest.raises(CertificateRefused, match="malformed"):
        load(text)


def test_load_takes_pem_and_der(house: House) -> None:
    certificate = house.root_certificate
    pem = certificate.public_bytes(Encoding.PEM)
    assert load(pem) == load(pem.decode()) == load(der(certificate)) == der(certificate)


def test_key_of_another_kind(house: House) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    certificate = house.issuing.certify("Wang", key)
    with pytest.raises(CertificateRefused, match="profile"):
        public_key_of(der(certificate))


def test_describe(house: House) -> None:
    issued = der(house.issuing.certify("王小明", house.key))
    summary = describe(issued)
    assert summary.holder == "王小明"
    assert summary.subject == "CN=王小明,O=Test 憑證"
    assert summary.issuer == "Issuing"
    assert (summary.serial_hex, summary.serial_decimal) == ("0ABC", "2748")
    assert summary.not_after == NOW + YEAR / 2
    assert summary.key_algorithm == "P-256"
    assert summary.sha256 == hashlib.sha256(issued).hexdigest()
    assert summary.usages == ("digitalSignature", "nonRepudiation", "clientAuth", "emailProtection")
