"""Certification requests: what is accepted, what is refused and why, and that nothing crashes the check."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from server_stub.ca.requests import MAXIMUM_LENGTH, RefusedRequest, check_csr

ALGORITHMS = ["RSA-2048", "RSA-3072", "P-256", "P-384"]


def _request(key: Any, name: str = "whatever the client likes") -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, algorithm)
    return request.public_bytes(Encoding.PEM).decode()


def _armoured(der: bytes) -> str:
    body = base64.b64encode(der).decode()
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n"


@pytest.fixture(scope="module")
def damageable(keys: dict[str, Any]) -> bytes:
    """A P-256 request in DER, about 220 bytes."""
    return x509.load_pem_x509_csr(_request(keys["P-256"]).encode()).public_bytes(Encoding.DER)


def _reason(pem: str, algorithm: str = "P-256") -> str:
    with pytest.raises(RefusedRequest) as refused:
        check_csr(pem, key_algorithm=algorithm)
    return refused.value.reason


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_accepted(keys: dict[str, Any], algorithm: str) -> None:
    public_key = keys[algorithm].public_key()
    spki = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    checked = check_csr(_request(keys[algorithm]), key_algorithm=algorithm)

    assert checked.public_key == public_key
    assert checked.spki_sha256 == hashlib.sha256(spki).hexdigest()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_another_algorithm_than_the_unit_s(keys: dict[str, Any], algorithm: str) -> None:
    other = next(name for name in ALGORITHMS if name != algorithm)

    assert _reason(_request(keys[algorithm]), other) == "key"


@pytest.mark.parametrize(
    ("make", "algorithm"),
    [
        (lambda: rsa.generate_private_key(65537, 1024), "RSA-1024"),
        (lambda: rsa.generate_private_key(3, 2048), "RSA-2048"),
        (lambda: ec.generate_private_key(ec.SECP521R1()), "P-521"),
        (lambda: ec.generate_private_key(ec.SECP256K1()), "P-256"),
        (ed25519.Ed25519PrivateKey.generate, "P-256"),
    ],
    ids=["short", "exponent", "P-521", "secp256k1", "Ed25519"],
)
def test_keys_nobody_may_have(make: Any, algorithm: str) -> None:
    assert _reason(_request(make()), algorithm) == "key"


def _openssl_request(folder: Path, *options: str) -> str:
    command = ["openssl", "req", "-new", "-subj", "/CN=x", "-nodes", "-keyout", "key.pem", "-out", "csr.pem"]
    subprocess.run([*command, *options], cwd=folder, capture_output=True, check=True)
    return (folder / "csr.pem").read_text()


def test_a_request_of_openssl(tmp_path: Path) -> None:
    pem = _openssl_request(tmp_path, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    assert check_csr(pem, key_algorithm="P-256").spki_sha256


def test_sha1_is_no_proof(tmp_path: Path) -> None:
    pem = _openssl_request(tmp_path, "-sha1", "-newkey", "rsa:2048")
    assert _reason(pem, "RSA-2048") == "signature"


def test_curve_described_by_its_parameters_gets_its_name(tmp_path: Path) -> None:
    """RFC 5480 section 2.1.1: a certificate names the curve, even if the request spelled it out."""
    curve = ("-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit")
    public_key = check_csr(
        _openssl_request(tmp_path, "-newkey", "ec", *curve), key_algorithm="P-256"
    ).public_key

    spki = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert bytes.fromhex("06082a8648ce3d030107") in spki


def test_every_changed_byte_is_noticed(damageable: bytes) -> None:
    signed = x509.load_der_x509_csr(damageable).tbs_certrequest_bytes
    start = damageable.index(signed)
    for position in range(start, start + len(signed)):
        changed = bytearray(damageable)
        changed[position] ^= 0x01
        assert _reason(_armoured(bytes(changed))) in {"malformed", "key", "signature"}


def test_form(keys: dict[str, Any]) -> None:
    pem = _request(keys["P-256"])
    assert check_csr(f"\r\n{pem}\n".replace("\n", "\r\n"), key_algorithm="P-256")

    body = pem.splitlines()[1]
    for wrong in [
        "",
        pem + pem,
        "hello " + pem,
        pem.replace("REQUEST", "TRUST"),
        pem.replace(body, "王" + body),
    ]:
        assert _reason(wrong) == "malformed"


def test_too_long(keys: dict[str, Any]) -> None:
    assert _reason(_request(keys["P-256"], "x" * 64) + "\n" * MAXIMUM_LENGTH) == "malformed"


def test_trailing_bytes(damageable: bytes) -> None:
    assert _reason(_armoured(damageable + b"\0")) == "malformed"


@given(st.text() | st.binary().map(_armoured))
def test_anything_else_is_malformed(text: str) -> None:
    assert _reason(text) == "malformed"


@given(start=st.integers(0, 220), length=st.integers(0, 8), replacement=st.binary(max_size=8))
def test_damage_never_crashes_the_check(
    damageable: bytes, start: int, length: int, replacement: bytes
) -> None:
    damaged = damageable[:start] + replacement + damageable[start + length :]
    with suppress(RefusedRequest):
        check_csr(_armoured(damaged), key_algorithm="P-256")
