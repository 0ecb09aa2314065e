"""Our EST client at an EST server of another make, over real TLS."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from cardtool.errors import (
    ArgumentInvalid,
    CertificateRefused,
    NotAllowed,
    RaNotTrusted,
    RequestRefused,
    WrongSitePassword,
)
from cardtool.pki.certificate import check_issued
from cardtool.pki.cmc import Renewal
from cardtool.pki.csr import build_csr
from cardtool.ra.est import EstClient, Issued, Pending, bootstrap
from cardtool.ra.est_auth import Credentials
from cardtool.secret import Secret
from tests.unit.ra.foreign_est import LABEL, PASSWORD, USER, ForeignCa, running

KEY = ec.generate_private_key(ec.SECP256R1())
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "王小明")])
ENROL = f"/.well-known/est/{LABEL}/simpleenroll"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForeignCa]:
    with running(tmp_path_factory.mktemp("other")) as ca:
        yield ca


@pytest.fixture
def ca(server: ForeignCa) -> ForeignCa:
    server.scheme, server.waiting = "basic", 0
    server.asked.clear()
    return server


@pytest.fixture
def client(ca: ForeignCa) -> Iterator[EstClient]:
    with EstClient(ca.url, LABEL, anchors=ca.root) as client:
        yield client


@pytest.fixture
def credentials() -> Credentials:
    return Credentials(USER, Secret(PASSWORD))


def root_of(ca: ForeignCa) -> x509.Certificate:
    return x509.load_pem_x509_certificate(ca.root.encode())


@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_enrols_and_renews_by_password(
    ca: ForeignCa, client: EstClient, credentials: Credentials, scheme: str
) -> None:
    ca.scheme = scheme
    for act, key in ((client.enrol, KEY), (client.reenrol, ec.generate_private_key(ec.SECP256R1()))):
        issued = act(build_csr(key, NAME), credentials)
        assert isinstance(issued, Issued)
        root = root_of(ca)
        check_issued(issued.certificate, key.public_key(), issued.others, [root], datetime.now(UTC))
        assert x509.load_der_x509_certificate(issued.certificate).subject == NAME


def test_the_password_is_not_sent_before_it_is_asked_for(
    ca: ForeignCa, client: EstClient, credentials: Credentials
) -> None:
    client.enrol(build_csr(KEY, NAME), credentials)
    assert [given is None for _, given in ca.asked] == [True, False]
    ca.asked.clear()
    ca.scheme = "digest"
    client.enrol(build_csr(KEY, NAME), credentials)
    assert str(ca.asked[1][1]).startswith("Digest ")


@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_a_wrong_password_is_sent_once(ca: ForeignCa, client: EstClient, scheme: str) -> None:
    ca.scheme = scheme
    with pytest.raises(WrongSitePassword) as refused:
        client.enrol(build_csr(KEY, NAME), Credentials(USER, Secret("wrong")))
    assert refused.value.attempts_left is None
    assert len(ca.asked) == 2


def test_what_has_to_be_approved_is_asked_for_again(
    ca: ForeignCa, client: EstClient, credentials: Credentials
) -> None:
    ca.waiting = 1
    csr = build_csr(KEY, NAME)
    assert client.enrol(csr, credentials) == Pending(90)
    assert isinstance(client.enrol(csr, credentials), Issued)


def test_a_server_that_wants_the_old_keys_tls_is_no_server_for_a_card(
    ca: ForeignCa, client: EstClient, credentials: Credentials
) -> None:
    ca.scheme = "certificate"
    with pytest.raises(NotAllowed):
        client.reenrol(build_csr(KEY, NAME), credentials)
    assert [given for _, given in ca.asked] == [None], "no password where none is asked for"


def test_a_request_that_openssl_refuses(ca: ForeignCa, client: EstClient, credentials: Credentials) -> None:
    good = x509.load_pem_x509_csr(build_csr(KEY, NAME).encode()).public_bytes(Encoding.DER)
    changed = x509.load_der_x509_csr(good.replace("王".encode(), "黃".encode()))
    with pytest.raises(RequestRefused):
        client.enrol(changed.public_bytes(Encoding.PEM).decode(), credentials)


def test_what_the_server_wants_of_requests(ca: ForeignCa, client: EstClient) -> None:
    wanted = client.csr_attributes()
    assert (wanted.key_algorithm, wanted.wants_channel) == ("P-384", False)
    assert wanted.oids == ("1.2.840.10045.4.3.2", "1.2.840.10045.2.1")
    with EstClient(ca.url, "other", anchors=ca.root) as silent:
        assert silent.csr_attributes().oids == ()


def test_the_ca_is_known_by_its_fingerprint(ca: ForeignCa, client: EstClient) -> None:
    root = root_of(ca)
    fingerprint = root.fingerprint(SHA256()).hex(":")
    assert bootstrap(ca.url, LABEL, fingerprint.upper()) == root
    assert client.ca_certificates() == (root,)
    with pytest.raises(CertificateRefused) as refused:
        bootstrap(ca.url, LABEL, "00" * 32)
    assert refused.value.reason == "chain"
    assert {given for _, given in ca.asked} == {None}


@pytest.mark.parametrize("fingerprint", ["", "abcd", "zz" * 32])
def test_no_fingerprint_no_trust(ca: ForeignCa, fingerprint: str) -> None:
    with pytest.raises(ArgumentInvalid):
        bootstrap(ca.url, LABEL, fingerprint)
    assert ca.asked == []


def test_without_its_anchor_nothing_is_said_to_it(ca: ForeignCa, credentials: Credentials) -> None:
    with EstClient(ca.url, LABEL) as stranger, pytest.raises(RaNotTrusted):
        stranger.enrol(build_csr(KEY, NAME), credentials)
    assert ca.asked == []


def test_a_server_without_cmc(client: EstClient) -> None:
    request = x509.load_pem_x509_csr(build_csr(KEY, NAME).encode())
    with pytest.raises(NotAllowed):
        client.full_cmc(Renewal(b"\x30\x00", 1, bytes(16), request), [], datetime.now(UTC))
