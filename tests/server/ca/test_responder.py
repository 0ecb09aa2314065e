"""OCSP answers: what they say, whom they are signed by, when they are kept, and what pkilint finds in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponse, OCSPResponseStatus
from pkilint.bin import lint_ocsp_response

from server_stub.ca.authority import Authority
from server_stub.ca.delegate import Delegate
from server_stub.ca.responder import Responder, Standing

NOW = datetime.now(UTC).replace(microsecond=0)
GOOD = Standing()
HELD = Standing(NOW - timedelta(minutes=1), "certificateHold")
REVOKED = Standing(NOW - timedelta(days=1), "unspecified")
SERIAL = 77

Ask = Callable[..., OCSPResponse]


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("ra") / "ca"
    authority = Authority.open(folder, name="R", practice=True, key_algorithm="P-384")
    authority.configure_urls("http://ra.test")
    return authority


@pytest.fixture
def responder(quick: Authority, tmp_path: Path) -> Responder:
    return Responder(Delegate(tmp_path / "ocsp.pem", quick, "ocsp-responder"), quick.chain[0])


def question(
    issuer: x509.Certificate, *, nonce: bytes | None = None, algorithm: Any = None, serial: int = SERIAL
) -> bytes:
    name, key = _identity(issuer, algorithm or hashes.SHA1())
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(name, key, serial, algorithm or hashes.SHA1())
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def _identity(issuer: x509.Certificate, algorithm: hashes.HashAlgorithm) -> tuple[bytes, bytes]:
    """As cryptography computes it, from a certificate made for the purpose."""
    key = ec.generate_private_key(ec.SECP256R1())
    end = NOW + timedelta(days=1)
    made = x509.CertificateBuilder(issuer.subject, issuer.subject, key.public_key(), 1, NOW, end).sign(
        key, hashes.SHA256()
    )
    asked = ocsp.OCSPRequestBuilder().add_certificate(made, issuer, algorithm).build()
    return asked.issuer_name_hash, asked.issuer_key_hash


def ask(responder: Responder, request: bytes, standing: Standing | None, now: datetime = NOW) -> OCSPResponse:
    return ocsp.load_der_ocsp_response(responder.answer(request, lambda _serial: standing, now))


@pytest.mark.parametrize(
    ("standing", "status", "reason"),
    [
        (GOOD, OCSPCertStatus.GOOD, None),
        (HELD, OCSPCertStatus.REVOKED, x509.ReasonFlags.certificate_hold),
        (REVOKED, OCSPCertStatus.REVOKED, None),
        (None, OCSPCertStatus.UNKNOWN, None),
    ],
)
@pytest.mark.parametrize("nonce", [None, b"n" * 32])
def test_what_is_told(
    responder: Responder,
    quick: Authority,
    standing: Standing | None,
    status: OCSPCertStatus,
    reason: x509.ReasonFlags | None,
    nonce: bytes | None,
) -> None:
    answer = ask(responder, question(quick.chain[0], nonce=nonce), standing)
    assert (answer.certificate_status, answer.revocation_reason) == (status, reason)
    assert (answer.serial_number, answer.this_update_utc) == (SERIAL, NOW)
    assert answer.revocation_time_utc == (standing.since if standing else None)
    told = [extension.value for extension in answer.extensions]
    assert told == ([x509.OCSPNonce(nonce)] if nonce else [])


def test_it_is_signed_by_a_delegate_of_the_ca(responder: Responder, quick: Authority) -> None:
    answer = ask(responder, question(quick.chain[0]), GOOD)
    (delegate,) = answer.certificates
    delegate.verify_directly_issued_by(quick.chain[0])
    usages = delegate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [x509.oid.ExtendedKeyUsageOID.OCSP_SIGNING]
    delegate.extensions.get_extension_for_class(x509.OCSPNoCheck)
    assert "PRACTICE" in delegate.subject.rfc4514_string()
    key = delegate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(hashes.SHA384()))


def test_without_a_nonce_the_answer_is_kept_while_it_is_young(responder: Responder, quick: Authority) -> None:
    asked = question(quick.chain[0])
    first = responder.answer(asked, lambda _serial: GOOD, NOW)
    assert responder.answer(asked, lambda _serial: GOOD, NOW + timedelta(minutes=29)) == first
    later = ask(responder, asked, GOOD, NOW + timedelta(minutes=30))
    assert later.this_update_utc == NOW + timedelta(minutes=30)
    assert later.next_update_utc == later.this_update_utc + timedelta(hours=1)


def test_a_change_is_told_at_once(responder: Responder, quick: Authority) -> None:
    asked = question(quick.chain[0])
    told = [
        ask(responder, asked, standing).certificate_status.name for standing in (GOOD, HELD, GOOD, REVOKED)
    ]
    assert told == ["GOOD", "REVOKED", "GOOD", "REVOKED"]


def test_with_a_nonce_every_answer_is_new(responder: Responder, quick: Authority) -> None:
    asked = question(quick.chain[0], nonce=b"12345678")
    assert responder.answer(asked, lambda _: GOOD, NOW) != responder.answer(asked, lambda _: GOOD, NOW)


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_the_issuer_may_be_named_by_any_of_these_hashes(
    responder: Responder, quick: Authority, algorithm: Any
) -> None:
    answer = ask(responder, question(quick.chain[0], algorithm=algorithm), GOOD)
    assert answer.certificate_status is OCSPCertStatus.GOOD
    assert answer.hash_algorithm.name == algorithm.name


def test_others_certificates_are_not_ours_to_judge(responder: Responder, quick: Authority) -> None:
    answer = ask(responder, question(quick.chain[1]), GOOD)
    assert answer.response_status is OCSPResponseStatus.UNAUTHORIZED


@pytest.mark.parametrize("request_", [b"", b"0", b"\x30\x03\x02\x01\x01", b"\xff" * 70])
def test_nonsense_gets_an_answer(responder: Responder, request_: bytes) -> None:
    assert ask(responder, request_, GOOD).response_status is OCSPResponseStatus.MALFORMED_REQUEST


def test_a_nonce_that_is_too_long_is_refused(responder: Responder, quick: Authority) -> None:
    answer = ask(responder, question(quick.chain[0], nonce=b"n" * 129), GOOD)
    assert answer.response_status is OCSPResponseStatus.MALFORMED_REQUEST


def test_the_delegate_is_renewed_in_time_and_shared(quick: Authority, tmp_path: Path) -> None:
    file = tmp_path / "ocsp.pem"
    here, there = (Delegate(file, quick, "ocsp-responder") for _ in range(2))
    first = here.at(NOW)
    assert there.at(NOW).certificate == first.certificate
    assert here.at(NOW + timedelta(days=19)).certificate == first.certificate
    second = here.at(NOW + timedelta(days=21))
    assert second.certificate != first.certificate
    assert there.at(NOW + timedelta(days=21)).certificate == second.certificate
    assert file.stat().st_mode & 0o777 == 0o600


def test_another_cas_delegate_is_replaced(quick: Authority, tmp_path: Path) -> None:
    other = Authority.open(tmp_path / "ca", name="O", practice=True, key_algorithm="P-256")
    other.configure_urls("http://ra.test")
    Delegate(tmp_path / "ocsp.pem", other, "ocsp-responder").at(NOW)
    made = Delegate(tmp_path / "ocsp.pem", quick, "ocsp-responder").at(NOW)
    made.certificate.verify_directly_issued_by(quick.chain[0])


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # pkilint leaves its files to the garbage collector
@pytest.mark.parametrize("standing", [GOOD, HELD, REVOKED, None])
@pytest.mark.parametrize("nonce", [None, b"n" * 32])
def test_pkilint_finds_nothing(
    responder: Responder,
    quick: Authority,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    standing: Standing | None,
    nonce: bytes | None,
) -> None:
    file = tmp_path / "answer.der"
    request = question(quick.chain[0], nonce=nonce)
    file.write_bytes(responder.answer(request, lambda _serial: standing, NOW))
    count = lint_ocsp_response.main(["lint", "--severity", "WARNING", str(file)])
    assert (count, capsys.readouterr().out.strip()) == (0, "")
