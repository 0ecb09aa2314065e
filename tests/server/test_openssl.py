"""``openssl`` judges the states of certificates as the RA does: by OCSP and by revocation lists."""

from __future__ import annotations

import subprocess
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from starlette.testclient import TestClient

from server_stub.ca.authority import Authority
from server_stub.officers import Role
from tests.server.world import Caller, OfficerCaller, World

FORM = {"form": "R-1"}


class Judge:
    """Certificates and lists as files, and openssl's word on them."""

    def __init__(self, client: TestClient, folder: Path, pem: str) -> None:
        self._client = client
        self._folder = folder
        (folder / "leaf.pem").write_text(pem)
        for name in ("issuing", "root"):
            der = client.get(f"/ca/{name}.cer").content
            pem_text = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
            (folder / f"{name}.pem").write_bytes(pem_text)

    def ocsp(self, *, nonce: bool, by_get: bool = False, of: str = "leaf.pem") -> str:
        """The line that openssl prints about the certificate; it has verified the answer."""
        self._run("ocsp", "-issuer", "issuing.pem", "-cert", of, "-reqout", "q", *self._nonce(nonce))
        request = (self._folder / "q").read_bytes()
        (self._folder / "a").write_bytes(self._by_get(request) if by_get else self._by_post(request))
        trusted = ("-respin", "a", "-no_nonce", "-CAfile", "root.pem")
        verified = self._run("ocsp", "-issuer", "issuing.pem", "-cert", of, *trusted)
        assert "Response verify OK" in verified
        self._compare_nonces(nonce)
        return next(line for line in verified.splitlines() if line.startswith(of))

    def chain(self) -> str:
        """``OK``, or what openssl says against the certificate, all lists considered."""
        self._lists()
        told = self._run(
            "verify", "-x509_strict", "-crl_check_all", "-CAfile", "root.pem", "-untrusted", "issuing.pem",
            "-CRLfile", "lists.pem", "leaf.pem",
        )  # fmt: skip
        return "OK" if "leaf.pem: OK" in told else told

    def _lists(self) -> None:
        lists = [self._client.get(f"/ca/{name}.crl").content for name in ("issuing", "root")]
        pems = [x509.load_der_x509_crl(der).public_bytes(Encoding.PEM) for der in lists]
        (self._folder / "lists.pem").write_bytes(b"".join(pems))

    def _by_post(self, request: bytes) -> bytes:
        answer = self._client.post(
            "/ocsp", content=request, headers={"Content-Type": "application/ocsp-request"}
        )
        assert answer.headers["Content-Type"] == "application/ocsp-response"
        return answer.content

    def _by_get(self, request: bytes) -> bytes:
        return self._client.get(f"/ocsp/{quote(b64encode(request).decode(), safe='')}").content

    def _compare_nonces(self, wanted: bool) -> None:
        asked = ocsp.load_der_ocsp_request((self._folder / "q").read_bytes()).extensions
        told = ocsp.load_der_ocsp_response((self._folder / "a").read_bytes()).extensions
        assert [one.value for one in asked] == [one.value for one in told]
        assert bool(asked) == wanted

    def _nonce(self, wanted: bool) -> list[str]:
        return ["-nonce"] if wanted else ["-no_nonce"]

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            ["openssl", *arguments], cwd=self._folder, check=False, capture_output=True, text=True
        )
        return done.stdout + done.stderr


@pytest.fixture
def registrar(world: World) -> OfficerCaller:
    return world.officer_caller("may", Role.REGISTRAR)


@pytest.fixture
def judge(alice: Caller, client: TestClient, tmp_path: Path) -> Iterator[Judge]:
    order = alice.issue()
    alice.stored(order["id"], order["certificate"])
    return Judge(client, tmp_path, order["certificate"])


def _serial(alice: Caller) -> str:
    return str(alice.get("/certificates").json()["certificates"][0]["serial"])


def test_after_every_change_both_ways_agree(alice: Caller, registrar: OfficerCaller, judge: Judge) -> None:
    path = f"/certificates/{_serial(alice)}"
    acts = (
        (None, {}, "good", "OK"),
        ("suspension", FORM, "revoked", "certificate revoked"),
        ("resumption", FORM, "good", "OK"),
        ("revocation", {**FORM, "reason": "keyCompromise"}, "revoked", "certificate revoked"),
    )
    for act, body, by_ocsp, by_list in acts:
        if act:
            assert registrar.post(f"{path}/{act}", body).status_code == 200
        for nonce in (True, False):
            assert by_ocsp in judge.ocsp(nonce=nonce), act
        assert by_list in judge.chain(), act


def test_what_awaits_activation_does_not_count(
    world: World, alice: Caller, client: TestClient, tmp_path: Path
) -> None:
    world.let_units(activation=True)
    order = alice.issue()
    judge = Judge(client, tmp_path, order["certificate"])
    assert "revoked" in judge.ocsp(nonce=True)
    assert "certificate revoked" in judge.chain()
    alice.stored(order["id"], order["certificate"])
    assert alice.activate(order).json()["state"] == "activated"
    assert "good" in judge.ocsp(nonce=False)
    assert judge.chain() == "OK"


def test_by_get_too(judge: Judge) -> None:
    assert "good" in judge.ocsp(nonce=False, by_get=True)


def test_a_number_that_was_never_given_is_unknown(
    alice: Caller, judge: Judge, client: TestClient, tmp_path: Path
) -> None:
    for serial in ("0x0", "0x1234567890ABCDEF"):
        asked = subprocess.run(
            ["openssl", "ocsp", "-issuer", "issuing.pem", "-serial", serial, "-reqout", "q", "-no_nonce"],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
        assert asked.returncode == 0
        answer = client.post("/ocsp", content=(tmp_path / "q").read_bytes())
        assert ocsp.load_der_ocsp_response(answer.content).certificate_status.name == "UNKNOWN"


def test_nonsense_is_answered_in_kind(client: TestClient) -> None:
    for answer in (client.get("/ocsp/%%%"), client.get("/ocsp/AAAA"), client.post("/ocsp", content=b"x")):
        assert answer.status_code == 200
        told = ocsp.load_der_ocsp_response(answer.content)
        assert told.response_status.name == "MALFORMED_REQUEST"


def test_the_issuing_cas_certificate_points_to_the_roots_list(tmp_path: Path) -> None:
    authority = Authority.open(
        tmp_path / "ca", name="R", practice=False, key_algorithm="P-256", url="http://ra.test"
    )
    extensions = authority.chain[0].extensions
    (point,) = extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    (issuer,) = extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert [name.value for name in point.full_name or []] == ["http://ra.test/ca/root.crl"]
    assert issuer.access_location.value == "http://ra.test/ca/root.cer"
