"""Programs of others enrol and renew over real TLS: curl with openssl."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.server.est.harbour import UNIT
from tests.server.est.serving import Server, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("programs")) as server:
        yield server


def _certificate(server: Server, answer: bytes, name: str) -> str:
    """The one certificate of a certs-only answer, as a PEM file; its text."""
    (server.folder / "answer.p7").write_bytes(answer)
    server.openssl("base64", "-d", "-in", "answer.p7", "-out", "answer.der")
    server.openssl("pkcs7", "-inform", "DER", "-in", "answer.der", "-print_certs", "-out", name)
    return server.openssl("x509", "-in", name, "-noout", "-text")


def _request(server: Server, key: str, subject: str) -> None:
    server.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{key}.key")
    server.openssl(
        "req",
        "-new",
        "-key",
        f"{key}.key",
        "-subj",
        subject,
        "-utf8",
        "-outform",
        "DER",
        "-out",
        f"{key}.der",
    )
    server.openssl("base64", "-in", f"{key}.der", "-out", f"{key}.b64")


def test_curl_and_openssl_enrol_and_renew(server: Server) -> None:
    est = "/.well-known/est"
    subject = f"/C=TW/O=Harbour/CN={server.account['identifier']}/OU=PRACTICE"
    user = f"{server.account['account']}:{server.account['password']}"
    _request(server, "first", subject)
    enrolled = server.post_der(f"{est}/{UNIT}/simpleenroll", "first.b64", "--user", user)
    assert server.account["identifier"] in _certificate(server, enrolled, "first.pem")

    assert " CA" in _certificate(server, server.curl(f"{est}/cacerts"), "chain.pem")
    assert "first.pem: OK" in server.openssl("verify", "-CAfile", "chain.pem", "first.pem")

    server.advance(340)
    _request(server, "second", subject)
    mutual = ("--cert", "first.pem", "--key", "first.key", "-H", "Transfer-Encoding: chunked")
    renewed = server.post_der(f"{est}/simplereenroll", "second.b64", *mutual)
    _certificate(server, renewed, "second.pem")
    names = [server.openssl("x509", "-in", f"{one}.pem", "-noout", "-subject") for one in ("first", "second")]
    keys = [server.openssl("x509", "-in", f"{one}.pem", "-noout", "-pubkey") for one in ("first", "second")]
    assert names[0] == names[1]
    assert keys[0] != keys[1]


def test_header_names_have_their_usual_case(server: Server) -> None:
    head = server.curl("/.well-known/est/cacerts", "--http1.1", "--dump-header", "-", "--output", "/dev/null")
    names = {line.split(b":")[0] for line in head.splitlines()[1:] if line}
    assert {b"Content-Type", b"Content-Length", b"Content-Transfer-Encoding", b"Date"} <= names
    refused = server.curl(f"/.well-known/est/{UNIT}/simpleenroll", "--data", "AAAA", "--include")
    assert b"\nWWW-Authenticate: Basic " in refused


def test_without_a_client_certificate_the_rest_works_as_before(server: Server) -> None:
    assert json.loads(server.curl("/health")) == {"status": "ok"}
    refused = server.curl("/.well-known/est/simplereenroll", "--data", "AAAA")
    assert json.loads(refused)["code"] == "R208"
