"""CardTool's EST client at the RA over real TLS, with keys that a software PIV card made and keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from cardtool.cards.keys import CardECPrivateKey, CardRSAPrivateKey
from cardtool.cards.piv.recipes import private_key
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import Algorithm, Slot
from cardtool.errors import NotAllowed, RaAnswerMalformed, RequestMalformed, WrongSitePassword
from cardtool.pki.certificate import check_issued
from cardtool.pki.cmc import Renewal, build_request
from cardtool.pki.csr import build_csr
from cardtool.ra.est import EstClient, Issued, bootstrap
from cardtool.ra.est_auth import Credentials
from cardtool.secret import Secret
from tests.server.est.harbour import UNIT
from tests.server.est.serving import Server, serving
from tests.server.est.test_cmc_client import content_by_openssl
from tests.unit.cards.bench_card import BenchCard

DAYS = 340
OLD, NEW = Slot.AUTHENTICATION, Slot.SIGNATURE
CardKey = CardRSAPrivateKey | CardECPrivateKey


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("client")) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[EstClient]:
    with EstClient(server.url, UNIT, anchors=server.trusted.read_text("ascii")) as client:
        yield client


def make_key(session: PivSession, slot: Slot) -> CardKey:
    public = session.generate_asymmetric_key_pair(slot, Algorithm.ECC_P256)
    return private_key(session, slot, public, lambda: session.verify_pin(Secret("123456")))


def enrol(client: EstClient, server: Server, key: CardKey) -> x509.Certificate:
    account = server.account
    with pytest.raises(WrongSitePassword) as wrong:
        client.enrol(build_csr(key), Credentials(account["account"], Secret("Wrong12345")))
    assert wrong.value.attempts_left == 2
    issued = client.enrol(build_csr(key), Credentials(account["account"], Secret(account["password"])))
    assert isinstance(issued, Issued)
    root = client.ca_certificates()[-1]
    check_issued(issued.certificate, key.public_key(), client.ca_certificates(), [root], datetime.now(UTC))
    return x509.load_der_x509_certificate(issued.certificate)


def test_a_card_enrols_and_renews(server: Server, client: EstClient, tmp_path: Path) -> None:
    assert client.csr_attributes().key_algorithm == "P-256"
    root = client.ca_certificates()[-1]
    assert bootstrap(server.url, UNIT, root.fingerprint(SHA256()).hex()) == root
    with BenchCard().admin() as session:
        key = make_key(session, OLD)
        old = enrol(client, server, key)
        server.advance(DAYS)
        now = datetime.now(UTC) + timedelta(days=DAYS)
        new = make_key(session, NEW)
        csr = build_csr(new, old.subject)
        _refuses_what_others_sign(client, session, csr, old, root, now)
        renewal = build_request(csr, old, key, now)
        assert renewal.nonce in content_by_openssl(renewal.message, old, tmp_path)
        _refuses_what_was_altered(client, renewal, root, now)
        issued = client.full_cmc(renewal, [root], now)
        check_issued(issued.certificate, new.public_key(), issued.others, [root], now)
        assert x509.load_der_x509_certificate(issued.certificate).subject == old.subject
        with pytest.raises(RequestMalformed):
            client.full_cmc(renewal, [root], now)


def _refuses_what_others_sign(
    client: EstClient,
    session: PivSession,
    csr: str,
    old: x509.Certificate,
    root: x509.Certificate,
    now: datetime,
) -> None:
    """Another key of the same card, and the same slot of another card."""
    with BenchCard().admin() as stranger:
        for wrong in (make_key(session, Slot.KEY_MANAGEMENT), make_key(stranger, OLD)):
            with pytest.raises(RaAnswerMalformed):
                client.full_cmc(build_request(csr, old, wrong, now), [root], now)


def _refuses_what_was_altered(
    client: EstClient, renewal: Renewal, root: x509.Certificate, now: datetime
) -> None:
    altered = renewal.message.replace(renewal.nonce, bytes(16))
    with pytest.raises(RaAnswerMalformed):
        client.full_cmc(replace(renewal, message=altered, nonce=bytes(16)), [root], now)


def test_a_card_cannot_renew_by_password_here(server: Server, client: EstClient) -> None:
    """The RA wants the old key in TLS: refused, and no password is told."""
    credentials = Credentials(server.account["account"], Secret(server.account["password"]))
    with BenchCard().admin() as session:
        csr = build_csr(make_key(session, OLD))
    with pytest.raises(NotAllowed):
        client.reenrol(csr, credentials)
