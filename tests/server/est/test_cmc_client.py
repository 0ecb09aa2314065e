"""CardTool's own CMC client: openssl verifies its requests, the RA accepts them, and what it gets is checked."""

from __future__ import annotations

import subprocess
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from starlette.testclient import TestClient

from cardtool.cards.keys import CardECPrivateKey, CardRSAPrivateKey
from cardtool.errors import (
    CertificateRefused,
    NotAllowed,
    OrderConflict,
    RaAnswerMalformed,
    RequestMalformed,
    RequestRefused,
)
from cardtool.pki.certificate import check_issued
from cardtool.pki.cmc import MOST_BYTES, Renewal, build_request, open_response
from cardtool.pki.cmc_types import PKI_RESPONSE
from cardtool.pki.csr import build_csr
from cardtool.pki.signed_data import open_signed, sign
from server_stub.officers import Role
from tests.server.world import Caller, World

FULLCMC = "/.well-known/est/fullcmc"
DAY = 86400
NEW_KEY, FOREIGN_KEY = (rsa.generate_private_key(65537, 2048) for _ in range(2))


def on_card(key: rsa.RSAPrivateKey) -> CardRSAPrivateKey:
    """A key as cards have it: all it does is raw RSA of one block."""
    numbers = key.private_numbers()
    size, modulus = key.key_size // 8, numbers.public_numbers.n

    def operation(block: bytes) -> bytes:
        return pow(int.from_bytes(block, "big"), numbers.d, modulus).to_bytes(size, "big")

    return CardRSAPrivateKey(key.public_key(), operation)


@dataclass
class Client:
    """A customer whose card holds ``old``."""

    http: TestClient
    world: World
    caller: Caller
    old: x509.Certificate

    @property
    def root(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.http.get("/ca/root.cer").content)

    def ask(self, key: rsa.RSAPrivateKey = NEW_KEY, signer: rsa.RSAPrivateKey | None = None) -> Renewal:
        csr = build_csr(key, self.old.subject)
        signer = on_card(signer or self.caller.card.rsa_key)
        return build_request(csr, self.old, signer, self.world.now())

    def send(self, message: bytes) -> bytes:
        return b64decode(self.http.post(FULLCMC, content=b64encode(message)).text)

    def open(self, answer: bytes, renewal: Renewal) -> bytes:
        certificate, chain = open_response(answer, renewal, [self.root], self.world.now())
        check_issued(certificate, NEW_KEY.public_key(), chain, [self.root], self.world.now())
        return certificate

    def renew(self, renewal: Renewal) -> bytes:
        return self.open(self.send(renewal.message), renewal)


@pytest.fixture
def near_its_end(world: World, client: TestClient, alice: Caller) -> Client:
    order = alice.issue()
    alice.stored(order["id"], order["certificate"])
    world.advance(715 * DAY)
    alice = world.sign_in(alice.person)
    return Client(client, world, alice, x509.load_pem_x509_certificate(order["certificate"].encode()))


def content_by_openssl(message: bytes, signer: x509.Certificate, folder: Path) -> bytes:
    (folder / "message").write_bytes(message)
    (folder / "signer.pem").write_bytes(signer.public_bytes(Encoding.PEM))
    command = (
        "openssl cms -verify -binary -inform DER -in message -certfile signer.pem -noverify -out content"
    )
    done = subprocess.run(command.split(), cwd=folder, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return (folder / "content").read_bytes()


def test_openssl_verifies_the_request(near_its_end: Client, tmp_path: Path) -> None:
    renewal = near_its_end.ask()
    content = content_by_openssl(renewal.message, near_its_end.old, tmp_path)
    assert renewal.request.public_bytes(Encoding.DER) in content
    assert renewal.nonce in content


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()], ids=lambda item: item.name)
def test_openssl_verifies_a_request_signed_by_an_ec_card(curve: ec.EllipticCurve, tmp_path: Path) -> None:
    key, now, name = ec.generate_private_key(curve), datetime.now(UTC), x509.Name([])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1).not_valid_before(now)
    old = builder.not_valid_after(now + timedelta(days=1)).sign(key, SHA256())
    whole = {32: SHA256(), 48: SHA384()}
    card_key = CardECPrivateKey(
        key.public_key(), lambda digest: key.sign(digest, ec.ECDSA(Prehashed(whole[len(digest)])))
    )
    renewal = build_request(build_csr(NEW_KEY), old, card_key, now)
    assert renewal.nonce in content_by_openssl(renewal.message, old, tmp_path)


def test_the_ra_accepts_it_and_the_answer_is_good(near_its_end: Client) -> None:
    new = x509.load_der_x509_certificate(near_its_end.renew(near_its_end.ask()))
    assert (new.public_key(), new.subject) == (NEW_KEY.public_key(), near_its_end.old.subject)


def test_a_lost_answer_is_asked_for_anew(near_its_end: Client) -> None:
    assert near_its_end.renew(near_its_end.ask()) == near_its_end.renew(near_its_end.ask())


def test_the_same_message_again_is_refused(near_its_end: Client) -> None:
    renewal = near_its_end.ask()
    near_its_end.renew(renewal)
    with pytest.raises(RequestMalformed):
        near_its_end.renew(renewal)


def test_another_cards_signature_is_refused(near_its_end: Client) -> None:
    """The RA cannot believe such a message's nonce, so its answer names none."""
    with pytest.raises(RaAnswerMalformed):
        near_its_end.renew(near_its_end.ask(signer=FOREIGN_KEY))


def test_an_altered_request_is_refused(near_its_end: Client) -> None:
    renewal = near_its_end.ask()
    altered = renewal.message.replace(renewal.nonce, bytes(16))
    with pytest.raises(RaAnswerMalformed):
        near_its_end.renew(replace(renewal, message=altered, nonce=bytes(16)))


def test_refusals_say_why(near_its_end: Client) -> None:
    with pytest.raises(RequestRefused) as reused:
        near_its_end.renew(near_its_end.ask(near_its_end.caller.card.rsa_key))
    assert reused.value.reason == "reused"
    officer = near_its_end.world.officer_caller("may", Role.REGISTRAR)
    officer.post(f"/certificates/{near_its_end.old.serial_number:x}/suspension", {"form": "R-1"})
    with pytest.raises(NotAllowed):
        near_its_end.renew(near_its_end.ask())


def test_too_early(world: World, client: TestClient, bob: Caller) -> None:
    old = x509.load_pem_x509_certificate(bob.issue()["certificate"].encode())
    early = Client(client, world, bob, old)
    with pytest.raises(OrderConflict) as refused:
        early.renew(early.ask())
    assert refused.value.state == "too-early"


def test_an_answer_to_another_question_is_not_taken(near_its_end: Client) -> None:
    renewal = near_its_end.ask()
    answer = near_its_end.send(renewal.message)
    for changed in (replace(renewal, nonce=bytes(16)), replace(renewal, transaction=1)):
        with pytest.raises(RaAnswerMalformed):
            near_its_end.open(answer, changed)


def test_every_changed_part_of_an_answer_is_noticed(near_its_end: Client) -> None:
    renewal = near_its_end.ask()
    answer = near_its_end.send(renewal.message)
    content = open_signed(answer, PKI_RESPONSE).content
    start = answer.index(content)
    for place in (*range(start, start + len(content), 9), len(answer) - 1):
        changed = bytearray(answer)
        changed[place] ^= 1
        with pytest.raises(RaAnswerMalformed):
            near_its_end.open(bytes(changed), renewal)


def test_only_the_ras_signer_may_answer(near_its_end: Client) -> None:
    """Neither a customer, whose certificate is from the same CA, nor the right signer of another root."""
    renewal = near_its_end.ask()
    answer = near_its_end.send(renewal.message)
    content = open_signed(answer, PKI_RESPONSE).content
    key, now = near_its_end.caller.card.rsa_key, near_its_end.world.now()
    forged = sign(content, PKI_RESPONSE, near_its_end.old, key, now)
    issuing = x509.load_der_x509_certificate(near_its_end.http.get("/ca/issuing.cer").content)
    for message, anchors in ((forged, [issuing]), (answer, [near_its_end.old]), (answer, [])):
        with pytest.raises(CertificateRefused) as refused:
            open_response(message, renewal, anchors, now)
        assert refused.value.reason == "chain"


def test_an_expired_signer_may_not_answer(near_its_end: Client) -> None:
    renewal = near_its_end.ask()
    answer = near_its_end.send(renewal.message)
    later = near_its_end.world.now() + timedelta(days=31)
    with pytest.raises(CertificateRefused):
        open_response(answer, renewal, [near_its_end.root], later)


def test_a_damaged_certificate_in_an_answer_is_malformed(near_its_end: Client) -> None:
    """The signature does not cover what is sent along."""
    renewal = near_its_end.ask()
    version = bytes.fromhex("a003020102")
    damaged = near_its_end.send(renewal.message).replace(version, bytes.fromhex("a003020158"))
    with pytest.raises(CertificateRefused) as refused:
        near_its_end.open(damaged, renewal)
    assert refused.value.reason == "malformed"


@pytest.mark.parametrize("answer", [b"", b"<html>", b"\x30\x80\x00\x00", b"0" * (MOST_BYTES + 1)])
def test_nonsense_is_malformed(near_its_end: Client, answer: bytes) -> None:
    with pytest.raises(RaAnswerMalformed):
        near_its_end.open(answer, near_its_end.ask())
