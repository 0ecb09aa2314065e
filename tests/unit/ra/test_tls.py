"""TLS: the pinned authority is trusted, nobody else is, and whoever stands between is named."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cardtool.errors import ArgumentInvalid, RaNotTrusted, RaUnreachable
from cardtool.ra.address import RaAddress
from cardtool.ra.http import Call, Http, Limits
from tests.unit.pki.authority import AUTHORITY, Authority
from tests.unit.ra.rough_server import RoughServer, answer, drop, listening, serving

NOW = datetime.now(UTC)
GET = Call("GET", "/api/v1/info")
PATIENT = Limits(connect=20, read=20, answer=30, patience=60, back_off=())
ISSUER = "Test 憑證"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("RA root")


def pem(authority: Authority) -> str:
    root = authority.certify(
        authority.common_name, authority.key, AUTHORITY, NOW - timedelta(days=1), NOW + timedelta(days=9)
    )
    return root.public_bytes(Encoding.PEM).decode()


def server_context(
    authority: Authority, folder: Path, host: str = "localhost", days: int = 2
) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    alternative = (x509.SubjectAlternativeName([x509.DNSName(host)]), False)
    begins, ends = NOW - timedelta(days=5), NOW + timedelta(days=days)
    certificate = authority.certify("server", key, (alternative,), begins, ends)
    file = folder / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def ask(url: str, anchors: str = "", proxies: dict[str, str] | None = None) -> str:
    http = Http(RaAddress.parse(url), anchors=anchors, limits=PATIENT, proxies=proxies)
    try:
        return http.send(GET).members.text("name")
    finally:
        http.close()


def refused(server: RoughServer, anchors: str = "") -> str:
    """The issuer named by the refusal; fails if a request got through."""
    with pytest.raises(RaNotTrusted) as caught:
        ask(server.url, anchors)
    assert server.requests == []
    return caught.value.issuer


def test_pinned_authority(authority: Authority, tmp_path: Path) -> None:
    with serving(answer({"name": "RA"}), context=server_context(authority, tmp_path)) as server:
        assert ask(server.url, pem(authority)) == "RA"


def test_unpinned_authority_is_named(authority: Authority, tmp_path: Path) -> None:
    with serving(answer({"name": "RA"}), context=server_context(authority, tmp_path)) as server:
        assert refused(server) == ISSUER


def test_another_authority_of_the_same_name(authority: Authority, tmp_path: Path) -> None:
    with serving(answer({}), context=server_context(Authority("RA root"), tmp_path)) as server:
        assert refused(server, pem(authority)) == ISSUER


def test_environment_adds_no_authority(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(pem(authority))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(bundle))
    with serving(answer({}), context=server_context(authority, tmp_path)) as server:
        http = Http(RaAddress.parse(server.url), limits=PATIENT)
        http._session.trust_env = True  # not even if requests looked there
        with pytest.raises(RaNotTrusted):
            http.send(GET)
        http.close()


def test_certificate_of_another_host(authority: Authority, tmp_path: Path) -> None:
    context = server_context(authority, tmp_path, host="elsewhere.test")
    with serving(answer({}), context=context) as server:
        assert refused(server, pem(authority)) == ISSUER


def test_expired_certificate(authority: Authority, tmp_path: Path) -> None:
    with serving(answer({}), context=server_context(authority, tmp_path, days=-1)) as server:
        assert refused(server, pem(authority)) == ISSUER


def test_anchors_that_are_none() -> None:
    with pytest.raises(ArgumentInvalid):
        ask("https://localhost:1", anchors="not PEM")


def test_no_tls_at_all() -> None:
    def shout(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n<html>")

    with listening(shout) as port, pytest.raises(RaNotTrusted) as caught:
        ask(f"https://localhost:{port}")
    assert caught.value.issuer == ""


def test_broken_off_inside_tls_is_the_network() -> None:
    with listening(drop) as port, pytest.raises(RaUnreachable):
        ask(f"https://localhost:{port}")


def test_interception_behind_a_proxy_is_named(authority: Authority, tmp_path: Path) -> None:
    context = server_context(authority, tmp_path, host="ra.test")

    def intercept(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with suppress(OSError), context.wrap_socket(connection, server_side=True):
            pass

    with serving(intercept) as proxy:
        with pytest.raises(RaNotTrusted) as caught:
            ask("https://ra.test", proxies={"https": proxy.url})
        assert {request.method for request in proxy.requests} == {"CONNECT"}
    assert caught.value.issuer == ISSUER
