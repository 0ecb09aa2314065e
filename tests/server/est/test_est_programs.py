"""Programs of others enrol and renew over real TLS: curl with openssl."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.server.est.harbour import UNIT, write_unit

REPOSITORY = Path(__file__).parents[3]
FAKE = [sys.executable, str(REPOSITORY / "tests/server/fake_personaliser.py")]


@dataclass
class Server:
    url: str
    account: dict[str, Any]
    folder: Path

    @property
    def trusted(self) -> Path:
        return self.folder / "ra/tls/127-0-0-1.pem"

    def curl(self, path: str, *arguments: str) -> bytes:
        command = ["curl", "--silent", "--show-error", "--cacert", str(self.trusted), "--max-time", "20"]
        done = subprocess.run(
            [*command, *arguments, f"{self.url}{path}"], cwd=self.folder, check=True, capture_output=True
        )
        return done.stdout

    def post_der(self, path: str, file: str, *arguments: str) -> bytes:
        return self.curl(
            path, "--data-binary", f"@{file}", "-H", "Content-Type: application/pkcs10", *arguments
        )

    def openssl(self, *arguments: str) -> str:
        done = subprocess.run(
            ["openssl", *arguments], cwd=self.folder, check=True, capture_output=True, text=True
        )
        return done.stdout

    def advance(self, days: int) -> None:
        body = json.dumps({"advance_seconds": days * 86400})
        self.curl("/demo/clock", "--data", body, "-H", "Content-Type: application/json")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("programs")
    table = folder / "demo.json"
    options = ["--listen", "127.0.0.1:0", "--tls", "--data", str(folder / "ra"), "--demo-json", str(table)]
    units = ["--units", str(write_unit(folder / "units")), "--personaliser", shlex.join(FAKE)]
    process = subprocess.Popen(
        [sys.executable, "-m", "server_stub", "serve", "--demo", *options, *units],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(6000):
            if table.exists():
                break
            assert process.poll() is None
            time.sleep(0.01)
        demo = json.loads(table.read_text("utf-8"))
        accounts = [one for one in demo["accounts"] if (one["unit"], one["situation"]) == (UNIT, "fresh")]
        yield Server(demo["ra"], accounts[0], folder)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


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
