"""CMC (RFC 5272): requests made with openssl, answers verified by openssl; what is wrong in any way is refused."""

from __future__ import annotations

import re
import secrets
import subprocess
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates
from httpx2 import Response
from starlette.testclient import TestClient

from server_stub.db.models import Order
from server_stub.officers import Role
from tests.server.world import Caller, World

FULLCMC = "/.well-known/est/fullcmc"
PKI_DATA = "1.3.6.1.5.5.7.12.2"
DAY = 86400
# id-cmc-transactionId, id-cmc-senderNonce and id-cmc-recipientNonce as they are encoded.
TRANSACTION, NONCE, RECIPIENT = (bytes.fromhex(f"06082b060105050707{last:02x}") for last in (5, 6, 7))
SUCCESS, FAILED = 0, 2
BAD_ALG, BAD_MESSAGE_CHECK, BAD_REQUEST, BAD_IDENTITY, POP_FAILED, NO_KEY_REUSE, TRY_LATER = (
    0,
    1,
    2,
    7,
    9,
    10,
    12,
)
RSA_KEYS = [rsa.generate_private_key(65537, 2048) for _ in range(2)]


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + body


def integer(number: int) -> bytes:
    return der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


@dataclass
class Message:
    """A PKIData; every part may be spoilt."""

    request: bytes
    transaction: int = field(default_factory=lambda: secrets.randbits(100))
    nonce: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    times: int = 1
    requests: int = 1

    def encoded(self) -> bytes:
        controls = [
            der(0x30, integer(1), TRANSACTION, der(0x31, integer(self.transaction))),
            *[der(0x30, integer(2), NONCE, der(0x31, der(0x04, self.nonce)))] * self.times,
        ]
        tagged = [der(0xA0, integer(17), self.request)] * self.requests
        return der(0x30, der(0x30, *controls), der(0x30, *tagged), der(0x30), der(0x30))


class Openssl:
    """Signs and verifies CMS in a folder of files."""

    def __init__(self, folder: Path, world: World) -> None:
        self._folder = folder
        self._world = world
        root = world.client.get("/ca/root.cer").content
        self._write("root.pem", x509.load_der_x509_certificate(root).public_bytes(Encoding.PEM))

    def sign(
        self, content: bytes, certificate: x509.Certificate, key: rsa.RSAPrivateKey, *more: str
    ) -> bytes:
        self._write("content", content)
        self._write("cert.pem", certificate.public_bytes(Encoding.PEM))
        self._write("key.pem", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        files = ("-in", "content", "-signer", "cert.pem", "-inkey", "key.pem", "-out", "message")
        self._run(
            "cms",
            "-sign",
            "-nodetach",
            "-binary",
            "-econtent_type",
            PKI_DATA,
            "-outform",
            "DER",
            *files,
            *more,
        )
        return (self._folder / "message").read_bytes()

    def verify(self, answer: bytes) -> bytes:
        """The content of an answer that chains to the root."""
        self._write("answer", answer)
        now = str(int(self._world.now().timestamp()))
        files = ("-attime", now, "-in", "answer", "-CAfile", "root.pem", "-out", "verified")
        self._run("cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", *files)
        return (self._folder / "verified").read_bytes()

    def _write(self, name: str, data: bytes) -> None:
        (self._folder / name).write_bytes(data)

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(["openssl", *arguments], cwd=self._folder, check=False, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()


@dataclass
class Renewer:
    """A customer whose card holds a certificate near its end."""

    client: TestClient
    caller: Caller
    openssl: Openssl
    old: x509.Certificate

    @property
    def old_key(self) -> rsa.RSAPrivateKey:
        return self.caller.card.rsa_key

    def csr(
        self, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, name: x509.Name | None = None
    ) -> bytes:
        builder = x509.CertificateSigningRequestBuilder().subject_name(name or self.old.subject)
        return builder.sign(key, SHA256()).public_bytes(Encoding.DER)

    def signed(self, message: Message, *more: str) -> bytes:
        return self.openssl.sign(message.encoded(), self.old, self.old_key, *more)

    def send(self, cms: bytes) -> Response:
        return self.client.post(FULLCMC, content=b64encode(cms))

    def renew(self, message: Message) -> tuple[int, bytes]:
        return self.result(self.send(self.signed(message)), message)

    def result(self, answer: Response, message: Message | None = None) -> tuple[int, bytes]:
        """Status (with failInfo beside it where it failed), from an answer that openssl has verified."""
        assert answer.headers["Content-Type"] == "application/pkcs7-mime; smime-type=CMC-response"
        body = b64decode(answer.text)
        content = self.openssl.verify(body)
        if message is not None:
            assert der(0x31, integer(message.transaction)) in content
            assert RECIPIENT + der(0x31, der(0x04, message.nonce)) in content
        return answer.status_code, content


def failed(why: int, part: int = 17) -> bytes:
    return der(0x30, integer(FAILED), der(0x30, integer(part)), integer(why))


def certificates(answer: Response) -> list[x509.Certificate]:
    return load_der_pkcs7_certificates(b64decode(answer.text))


@pytest.fixture
def renewer(world: World, client: TestClient, alice: Caller, tmp_path: Path) -> Renewer:
    order = alice.issue()
    alice.stored(order["id"], order["certificate"])
    world.advance(715 * DAY)
    alice = world.sign_in(alice.person)
    old = x509.load_pem_x509_certificate(order["certificate"].encode())
    return Renewer(client, alice, Openssl(tmp_path, world), old)


def test_the_old_key_renews(renewer: Renewer, world: World) -> None:
    message = Message(renewer.csr(RSA_KEYS[0]))
    answer = renewer.send(renewer.signed(message))
    status, content = renewer.result(answer, message)
    assert (status, der(0x30, integer(SUCCESS), der(0x30, integer(17))) in content) == (200, True)
    (new,) = [one for one in certificates(answer) if one.public_key() == RSA_KEYS[0].public_key()]
    assert new.subject == renewer.old.subject
    assert new.not_valid_after_utc > renewer.old.not_valid_after_utc
    with world.ra.act(write=False) as act:
        order = act.db.query(Order).filter_by(kind="renew").one()
    assert (order.state, order.renews) == ("issued", f"{renewer.old.serial_number:x}")
    states = {one["state"] for one in renewer.caller.get("/certificates").json()["certificates"]}
    assert states == {"valid"}, "the old one counts on"


def test_a_lost_answer_is_asked_for_in_a_new_transaction(renewer: Renewer) -> None:
    request = renewer.csr(RSA_KEYS[0])
    answers = [renewer.send(renewer.signed(Message(request))) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    made = [{one.serial_number for one in certificates(answer)} for answer in answers]
    assert made[0] == made[1]


def test_the_new_certificate_is_confirmed_by_its_own_key(renewer: Renewer) -> None:
    answer = renewer.send(renewer.signed(Message(renewer.csr(RSA_KEYS[0]))))
    (new,) = [one for one in certificates(answer) if one.public_key() == RSA_KEYS[0].public_key()]
    (order,) = renewer.caller.get("/orders?state=open").json()["orders"]
    renewer.caller.person.card.signing_key = RSA_KEYS[0]
    stored = renewer.caller.stored(order["id"], new.public_bytes(Encoding.PEM).decode())
    assert (stored.status_code, stored.json()["state"]) == (200, "stored")


def test_the_same_message_again_is_refused(renewer: Renewer) -> None:
    cms = renewer.signed(Message(renewer.csr(RSA_KEYS[0])))
    assert renewer.send(cms).status_code == 200
    status, content = renewer.result(renewer.send(cms))
    assert (status, failed(BAD_REQUEST) in content) == (400, True)


@pytest.mark.parametrize("kept", ["transaction", "nonce"])
def test_transaction_and_nonce_work_once_each(renewer: Renewer, kept: str) -> None:
    first = Message(renewer.csr(RSA_KEYS[0]))
    assert renewer.renew(first)[0] == 200
    status, content = renewer.renew(Message(first.request, **{kept: getattr(first, kept)}))
    assert (status, failed(BAD_REQUEST) in content) == (400, True)


def test_every_changed_part_is_noticed(renewer: Renewer, world: World) -> None:
    """In content, certificate, signed attributes and signature."""
    message = Message(renewer.csr(RSA_KEYS[0]))
    cms = renewer.signed(message)
    content, certificate = message.encoded(), renewer.old.public_bytes(Encoding.DER)
    signature = len(cms) - 256
    places = {
        *range(cms.index(content), cms.index(content) + len(content), 150),
        *range(cms.index(certificate), cms.index(certificate) + len(certificate), 200),
        *(signature - 30, signature - 60, signature, len(cms) - 1),
    }
    for place in places:
        changed = bytearray(cms)
        changed[place] ^= 0x01
        assert renewer.send(bytes(changed)).status_code == 400, place
    with world.ra.act(write=False) as act:
        assert act.db.query(Order).filter_by(kind="renew").count() == 0
    assert renewer.send(cms).status_code == 200, "nothing of that used it up"


def test_another_cards_key_cannot_sign_for_this_one(renewer: Renewer, bob: Caller) -> None:
    message = Message(renewer.csr(RSA_KEYS[0]))
    forged = _signed_by_other(renewer, message, bob.card.rsa_key)
    status, content = renewer.result(renewer.send(forged))
    assert (status, failed(BAD_MESSAGE_CHECK, 0) in content) == (400, True)


def _signed_by_other(renewer: Renewer, message: Message, key: rsa.RSAPrivateKey) -> bytes:
    """Signed with another key under a certificate of the same name, which is then swapped for the real one."""
    old = renewer.old
    look_alike = (
        x509.CertificateBuilder(old.issuer, old.subject, key.public_key(), old.serial_number)
        .not_valid_before(old.not_valid_before_utc)
        .not_valid_after(old.not_valid_after_utc)
        .sign(RSA_KEYS[1], SHA256())
    )
    signed = renewer.openssl.sign(message.encoded(), look_alike, key)
    fake, real = look_alike.public_bytes(Encoding.DER), old.public_bytes(Encoding.DER)
    assert signed.count(fake) == 1
    assert renewer.send(signed).status_code == 400, "nor with its own certificate"
    return _with_lengths_mended(signed, fake, real)


def _with_lengths_mended(signed: bytes, fake: bytes, real: bytes) -> bytes:
    """The outer lengths (ContentInfo, [0], SignedData, [0] certificates) all have two octets here."""
    at, grown = signed.index(fake), len(real) - len(fake)
    mended = bytearray(signed[:at] + real + signed[at + len(fake) :])
    for found in re.finditer(rb"[\x30\xa0]\x82", signed[:at]):
        place = found.start() + 2
        length = int.from_bytes(signed[place : place + 2], "big")
        if place + 2 + length >= at + len(fake):
            mended[place : place + 2] = (length + grown).to_bytes(2, "big")
    return bytes(mended)


def test_another_customers_certificate_renews_not_this_name(
    renewer: Renewer, world: World, bob: Caller
) -> None:
    """The name in the request is alice's, the signature bob's."""
    bob = world.sign_in(bob.person)
    order = bob.issue()
    world.advance(715 * DAY)
    theirs = x509.load_pem_x509_certificate(order["certificate"].encode())
    message = Message(renewer.csr(RSA_KEYS[0]))
    cms = renewer.openssl.sign(message.encoded(), theirs, bob.card.rsa_key)
    status, content = renewer.result(renewer.send(cms), message)
    assert (status, failed(BAD_REQUEST) in content) == (400, True)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"nonce": b"short"}, BAD_REQUEST),
        ({"nonce": b"n" * 65}, BAD_REQUEST),
        ({"transaction": 1 << 161}, BAD_REQUEST),
        ({"times": 2}, BAD_REQUEST),
        ({"times": 0}, BAD_REQUEST),
        ({"requests": 0}, BAD_REQUEST),
        ({"requests": 2}, BAD_REQUEST),
        ({"request": der(0x30, integer(5))}, BAD_REQUEST),
    ],
)
def test_messages_of_another_shape(renewer: Renewer, change: dict[str, int], why: int) -> None:
    message = Message(renewer.csr(RSA_KEYS[0]))
    for name, value in change.items():
        setattr(message, name, value)
    status, content = renewer.result(renewer.send(renewer.signed(message)))
    assert (status, failed(why) in content or failed(why, 0) in content) == (400, True)


def test_why_a_key_is_refused(renewer: Renewer) -> None:
    wrong_kind = renewer.csr(ec.generate_private_key(ec.SECP256R1()))
    reused = renewer.csr(renewer.old_key)
    unproven = bytearray(renewer.csr(RSA_KEYS[0]))
    unproven[-1] ^= 1
    for request, why in ((wrong_kind, BAD_ALG), (reused, NO_KEY_REUSE), (bytes(unproven), POP_FAILED)):
        status, content = renewer.renew(Message(request))
        assert (status, failed(why) in content) == (400, True), why


def test_whose_certificate_does_not_count_is_nobody(renewer: Renewer, world: World) -> None:
    officer = world.officer_caller("may", Role.REGISTRAR)
    officer.post(f"/certificates/{renewer.old.serial_number:x}/suspension", {"form": "R-1"})
    status, content = renewer.renew(Message(renewer.csr(RSA_KEYS[0])))
    assert (status, failed(BAD_IDENTITY) in content) == (400, True)


def test_too_early(world: World, client: TestClient, bob: Caller, tmp_path: Path) -> None:
    order = bob.issue()
    old = x509.load_pem_x509_certificate(order["certificate"].encode())
    renewer = Renewer(client, bob, Openssl(tmp_path, world), old)
    status, content = renewer.renew(Message(renewer.csr(RSA_KEYS[0])))
    assert (status, failed(TRY_LATER) in content) == (400, True)


@pytest.mark.parametrize("option", ["-noattr", "-nocerts", "-keyid"])
def test_other_ways_to_sign(renewer: Renewer, option: str) -> None:
    """A key identifier is as good a name; without attributes or certificate nothing can be believed."""
    answer = renewer.send(renewer.signed(Message(renewer.csr(RSA_KEYS[0])), option))
    assert answer.status_code == (200 if option == "-keyid" else 400)


@pytest.mark.parametrize("body", [b"", b"AAAA", b"MAA=", b64encode(b"\x30\x80\x00\x00")])
def test_nonsense_gets_a_signed_answer(renewer: Renewer, body: bytes) -> None:
    status, content = renewer.result(renewer.client.post(FULLCMC, content=body))
    assert (status, failed(BAD_MESSAGE_CHECK, 0) in content) == (400, True)
