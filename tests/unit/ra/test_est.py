"""EST answers that are wrong in any way, and HTTP authentication as the standards' examples have it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates
from hypothesis import given
from hypothesis import strategies as st
from requests import Request

from cardtool.errors import (
    AccountSuspended,
    ArgumentInvalid,
    CardToolError,
    CertificateRefused,
    NotAllowed,
    NotFoundAtRa,
    RaAnswerMalformed,
    RaBusy,
    RaFault,
    RequestRefused,
    WrongSitePassword,
)
from cardtool.pki.csr import build_csr
from cardtool.ra.est import EstClient, Pending
from cardtool.ra.est_auth import Credentials, authorisation
from cardtool.ra.est_http import in_lines
from cardtool.ra.est_messages import CsrAttributes, decode_base64, read_certificates, read_csr_attributes
from cardtool.ra.http import Limits
from cardtool.secret import Secret
from tests.unit.pki.authority import AUTHORITY, Authority
from tests.unit.ra.rough_server import Behaviour, answer, problem, serving
from tests.unit.ra.test_tls import pem, server_context

PATIENT = Limits(connect=20, read=20, answer=30, patience=60, size=20_000, back_off=())
NOW = datetime.now(UTC)
KEY = ec.generate_private_key(ec.SECP256R1())
PKCS7 = "application/pkcs7-mime; smime-type=certs-only"
# SignedData with no certificates field.
EMPTY = b64encode(bytes.fromhex("302306092a864886f70d010702a01630140201013100300b06092a864886f70d0107013100"))
ASKS = answer(b"", 401, "text/plain", WWW_Authenticate='Basic realm="x"')
Ask = Callable[..., object]


def _certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    return Authority("CA").certify("x", key, AUTHORITY, NOW - timedelta(days=1), NOW + timedelta(days=1))


OURS, OTHER = _certificate(KEY), _certificate(ec.generate_private_key(ec.SECP256R1()))


def certs_only(*certificates: x509.Certificate) -> bytes:
    return b64encode(serialize_certificates(list(certificates), Encoding.DER))


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("EST root")


@pytest.fixture
def enrol(authority: Authority, tmp_path: Path) -> Ask:
    """``enrol(behaviour, …)``: what a request for a certificate comes to at a server that behaves so."""

    def ask(*behaviours: Behaviour) -> object:
        with (
            serving(*behaviours, context=server_context(authority, tmp_path)) as server,
            EstClient(server.url, anchors=pem(authority), limits=PATIENT) as client,
        ):
            return client.enrol(build_csr(KEY), Credentials("u", Secret("p")))

    return ask


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        pytest.param(answer(b"No", 400, "text/plain"), RequestRefused, id="400"),
        pytest.param(answer(b"No", 403, "text/html"), NotAllowed, id="403"),
        pytest.param(answer(b"No", 404, "text/html"), NotFoundAtRa, id="404"),
        pytest.param(answer(b"", 401, "text/html"), NotAllowed, id="401 without a challenge"),
        pytest.param(answer(b"", 401, WWW_Authenticate="Negotiate"), NotAllowed, id="another scheme"),
        pytest.param(answer(b"<html>", 500, "text/html"), RaFault, id="500"),
        pytest.param(answer(b"", 302, Location="https://elsewhere.test/"), RaAnswerMalformed, id="redirect"),
        pytest.param(answer(certs_only(OURS), kind="text/html"), RaAnswerMalformed, id="kind"),
        pytest.param(answer(b"!", kind=PKCS7), RaAnswerMalformed, id="no base64"),
        pytest.param(answer(b64encode(b"\x30\x80"), kind=PKCS7), RaAnswerMalformed, id="no CMS"),
        pytest.param(answer(EMPTY, kind=PKCS7), RaAnswerMalformed, id="no certificate"),
        pytest.param(answer(certs_only(*[OTHER] * 33), kind=PKCS7), RaAnswerMalformed, id="too many"),
        pytest.param(answer(b"A" * 20_001, kind=PKCS7), RaAnswerMalformed, id="oversized"),
        pytest.param(answer(certs_only(OTHER), kind=PKCS7), CertificateRefused, id="another key"),
        pytest.param(answer(certs_only(OURS, OURS), kind=PKCS7), CertificateRefused, id="twice"),
        pytest.param(problem("R204", 403), AccountSuspended, id="a problem document"),
    ],
)
def test_refusals_and_nonsense(enrol: Ask, behaviour: Behaviour, expected: type[CardToolError]) -> None:
    with pytest.raises(expected):
        enrol(behaviour)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_says_when(enrol: Ask, status: int) -> None:
    with pytest.raises(RaBusy) as busy:
        enrol(answer(b"", status, "text/plain", Retry_After="77"))
    assert busy.value.retry_after == 77


@pytest.mark.parametrize(("told", "seconds"), [("5", 5), ("999999999", 86400), ("soon", 60)])
def test_a_request_that_has_to_wait(enrol: Ask, told: str, seconds: int) -> None:
    assert enrol(answer(b"", 202, "text/plain", Retry_After=told)) == Pending(seconds)


def test_our_ras_refusal_of_a_password_says_how_many_are_left(enrol: Ask) -> None:
    with pytest.raises(WrongSitePassword) as wrong:
        enrol(ASKS, problem("R201", 401, attempts_left=2))
    assert wrong.value.attempts_left == 2


@pytest.mark.parametrize(
    ("url", "label"),
    [("http://127.0.0.1:1", ""), ("https://a", "cacerts"), ("https://a", "a/b"), ("https://a", "..")],
)
def test_no_address_of_an_est_server(url: str, label: str) -> None:
    with pytest.raises(ArgumentInvalid):
        EstClient(url, label)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digest_as_in_rfc_7616(monkeypatch: pytest.MonkeyPatch, algorithm: str, response: str) -> None:
    """Section 3.9.1."""
    nonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    monkeypatch.setattr("cardtool.ra.est_auth.secrets.token_hex", lambda _: nonce)
    challenge = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", '
        f'algorithm={algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    request = Request("GET", "http://www.example.org/dir/index.html").prepare()
    made = authorisation(challenge, Credentials("Mufasa", Secret("Circle of Life")))(request)
    assert f'response="{response}"' in made.headers["Authorization"]


@pytest.mark.parametrize(
    "challenge", ["", "Digest", 'Digest realm="a"', 'Digest realm="a", nonce="b", qop=x']
)
def test_challenges_nobody_can_answer(challenge: str) -> None:
    with pytest.raises(NotAllowed):
        authorisation(challenge, Credentials("u", Secret("p")))


@pytest.mark.parametrize("name", ["a:b", "a\r\nX-Evil: 1"])
def test_names_that_no_header_carries(name: str) -> None:
    with pytest.raises(ArgumentInvalid):
        authorisation("Basic", Credentials(name, Secret("p")))


def test_key_sizes_in_csr_attributes() -> None:
    """RFC 7030 section 4.5.2: rsaEncryption with its size, beside challengePassword."""
    der = bytes.fromhex("301e06092a864886f70d010907301106092a864886f70d010101310402020c00")
    wanted = read_csr_attributes(der)
    assert (wanted.key_algorithm, wanted.wants_channel) == ("RSA-3072", True)
    assert read_csr_attributes(b"\x30\x00") == CsrAttributes()


@given(st.binary(max_size=200))
def test_arbitrary_octets_do_no_harm(data: bytes) -> None:
    for read in (read_certificates, read_csr_attributes, decode_base64):
        try:
            read(data)
        except (RaAnswerMalformed, CertificateRefused):
            continue


@given(st.binary(min_size=1, max_size=300))
def test_lines_are_short_and_hold_everything(data: bytes) -> None:
    lines = in_lines(data)
    assert max(map(len, lines.split(b"\r\n"))) <= 76
    assert decode_base64(lines) == data
