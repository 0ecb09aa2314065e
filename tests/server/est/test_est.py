"""EST (RFC 7030): who may enrol and renew, with what, and how the answers look."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates
from cryptography.x509.oid import NameOID
from httpx2 import Response
from starlette.testclient import TestClient

from server_stub.db.models import Order
from server_stub.est import wire as est_wire
from server_stub.officers import Role
from tests.server.est.conftest import Wire
from tests.server.est.harbour import UNIT
from tests.server.world import PASSWORD, World

EST = "/.well-known/est"
DAY = 86400
# Object identifiers (RFC 5480, RFC 8017) as they are encoded.
EC_KEY, P256, ECDSA_SHA256 = "06072a8648ce3d0201", "06082a8648ce3d030107", "06082a8648ce3d040302"
RSA_KEY, SHA256_RSA = "06092a864886f70d010101", "06092a864886f70d01010b"


def csr(key: Any, subject: x509.Name | None = None, *names: x509.GeneralName) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject or x509.Name([]))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return b64encode(builder.sign(key, SHA256()).public_bytes(Encoding.DER))


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"}


def certificate(answer: Response) -> x509.Certificate:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/pkcs7-mime; smime-type=certs-only"
    assert answer.headers["Content-Transfer-Encoding"] == "base64"
    assert max(map(len, answer.text.splitlines())) == 76
    (only,) = load_der_pkcs7_certificates(b64decode(answer.text))
    return only


class Ship:
    """A customer's program."""

    def __init__(self, world: World, wire: Wire, name: str = "ship", **more: Any) -> None:
        world.customer(name, unit=UNIT, **more)
        self.client, self.wire, self.name = world.client, wire, name

    def enrol(self, key: Any, password: str = PASSWORD, label: str = f"{UNIT}/") -> Response:
        headers = basic(self.name, password)
        return self.client.post(f"{EST}/{label}simpleenroll", content=csr(key), headers=headers)

    def renew(self, current: x509.Certificate, body: bytes) -> Response:
        self.wire.certificate = current.public_bytes(Encoding.PEM).decode()
        try:
            return self.client.post(f"{EST}/simplereenroll", content=body)
        finally:
            self.wire.certificate = ""


@pytest.fixture
def ship(world: World, wire: Wire) -> Ship:
    return Ship(world, wire)


def test_the_ca_certificates(client: TestClient) -> None:
    for path in (f"{EST}/cacerts", f"{EST}/{UNIT}/cacerts"):
        answer = client.get(path)
        chain = load_der_pkcs7_certificates(b64decode(answer.text))
        files = {client.get(f"/ca/{name}.cer").content for name in ("issuing", "root")}
        assert {link.public_bytes(Encoding.DER) for link in chain} == files


def test_the_attributes_wanted(client: TestClient) -> None:
    answer = client.get(f"{EST}/csrattrs")
    assert answer.headers["Content-Type"] == "application/csrattrs"
    assert b64decode(answer.text).hex() == f"3021 3015 {EC_KEY} 310a {P256} {ECDSA_SHA256}".replace(" ", "")


def test_attributes_for_rsa_name_the_size() -> None:
    wanted = f"301e 3011 {RSA_KEY} 3104 02020c00 {SHA256_RSA}".replace(" ", "")
    assert est_wire.attributes("RSA-3072").hex() == wanted


@pytest.mark.parametrize("label", [f"{UNIT}/", ""])
def test_enrolment_by_site_password(ship: Ship, label: str) -> None:
    key = new_key()
    made = certificate(ship.enrol(key, label=label))
    assert made.public_key() == key.public_key()
    (name,) = made.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == "ID-ship"


def test_the_same_key_gets_the_same_certificate_and_another_none(ship: Ship, world: World) -> None:
    key = new_key()
    assert certificate(ship.enrol(key)) == certificate(ship.enrol(key))
    assert ship.enrol(new_key()).json()["code"] == "R301", "the registration has served"
    with world.ra.act(write=False) as act:
        (order,) = act.db.query(Order)
        assert (order.state, order.card_id, order.account.registration) == ("stored", None, "used")


def test_the_password_is_asked_for_and_counted(ship: Ship, client: TestClient) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic ???"}, basic("", "x")):
        answer = client.post(f"{EST}/{UNIT}/simpleenroll", content=csr(new_key()), headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith('Basic realm="EST"')
        assert (answer.content == b"") == (not headers), "a question alone has no body"
    wrong = [ship.enrol(new_key(), "Wrong1234").json() for _ in range(3)]
    assert [answer.get("attempts_left") for answer in wrong] == [2, 1, None]
    assert ship.enrol(new_key()).json()["code"] == "R204"


@pytest.mark.parametrize(
    ("state", "code"), [({"must_change": True}, "R205"), ({"registration": "pending"}, "R301")]
)
def test_who_may_not_apply_gets_nothing(world: World, wire: Wire, state: dict[str, Any], code: str) -> None:
    answer = Ship(world, wire, **state).enrol(new_key())
    assert (answer.status_code, answer.json()["code"]) == (403, code)


@pytest.mark.parametrize("body", [b"", b"!", b"AAAA", b"MAA=", b"\xff" * 50])
def test_nonsense_is_refused(ship: Ship, client: TestClient, body: bytes) -> None:
    answer = client.post(f"{EST}/{UNIT}/simpleenroll", content=body, headers=basic("ship", PASSWORD))
    assert (answer.status_code, answer.json()["code"]) in {(400, "R108"), (422, "R306")}


def test_a_key_of_another_kind_is_refused(ship: Ship) -> None:
    answer = ship.enrol(rsa.generate_private_key(65537, 2048))
    assert (answer.json()["code"], answer.json()["reason"]) == ("R306", "key")


def test_a_request_in_pem_or_in_many_lines_is_read(ship: Ship, client: TestClient) -> None:
    text = csr(new_key())
    lines = b"\r\n".join(text[at : at + 40] for at in range(0, len(text), 40))
    pem = b"-----BEGIN CERTIFICATE REQUEST-----\n" + lines + b"\n-----END CERTIFICATE REQUEST-----\n"
    headers = basic("ship", PASSWORD)
    made = [client.post(f"{EST}/simpleenroll", content=body, headers=headers) for body in (text, lines, pem)]
    assert len({certificate(answer).serial_number for answer in made}) == 1


def test_units_without_est_have_none(world: World, client: TestClient) -> None:
    world.customer("alice")
    for path in ("exchange/simpleenroll", "nowhere/simpleenroll"):
        answer = client.post(f"{EST}/{path}", content=csr(new_key()), headers=basic("alice", PASSWORD))
        assert answer.status_code == 404
    assert client.get(f"{EST}/exchange/csrattrs").status_code == 404


def _near_its_end(world: World) -> None:
    world.advance(340 * DAY)


def test_renewal_by_the_certificate_itself(ship: Ship, world: World) -> None:
    old = certificate(ship.enrol(new_key()))
    _near_its_end(world)
    key = new_key()
    new = certificate(ship.renew(old, csr(key, old.subject)))
    assert (new.public_key(), new.subject) == (key.public_key(), old.subject)
    assert certificate(ship.renew(old, csr(key, old.subject))) == new, "a lost answer is asked for again"
    again = ship.renew(old, csr(new_key(), old.subject))
    assert (again.status_code, again.json()["state"]) == (409, "issued"), "one successor"


def test_not_before_its_time(ship: Ship) -> None:
    old = certificate(ship.enrol(new_key()))
    answer = ship.renew(old, csr(new_key(), old.subject))
    assert (answer.status_code, answer.json()["state"]) == (409, "too-early")


def test_names_stay_as_they_are(ship: Ship, world: World) -> None:
    old = certificate(ship.enrol(new_key()))
    _near_its_end(world)
    other = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody")])
    own = old.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert ship.renew(old, csr(new_key(), other)).json()["reason"] == "subject"
    stranger = x509.RFC822Name("other@example.tw")
    assert ship.renew(old, csr(new_key(), old.subject, stranger)).json()["reason"] == "subject"
    assert ship.renew(old, csr(new_key(), old.subject, *own)).status_code == 200


def test_the_old_key_is_not_certified_again(ship: Ship, world: World) -> None:
    key = new_key()
    old = certificate(ship.enrol(key))
    _near_its_end(world)
    assert ship.renew(old, csr(key, old.subject)).json()["reason"] == "reused"


def test_what_does_not_count_renews_nothing(ship: Ship, world: World) -> None:
    old = certificate(ship.enrol(new_key()))
    _near_its_end(world)
    body = csr(new_key(), old.subject)
    assert ship.client.post(f"{EST}/simplereenroll", content=body).json()["code"] == "R208", "no certificate"
    officer = world.officer_caller("may", Role.REGISTRAR)
    path = f"/certificates/{old.serial_number:x}"
    officer.post(f"{path}/suspension", {"form": "R-1"})
    assert ship.renew(old, body).json()["code"] == "R208"
    officer.post(f"{path}/resumption", {"form": "R-2"})
    world.advance(30 * DAY)
    assert ship.renew(old, body).json()["code"] == "R208", "expired"


def test_a_certificate_that_only_looks_like_ours_renews_nothing(ship: Ship, world: World) -> None:
    old = certificate(ship.enrol(new_key()))
    _near_its_end(world)
    key = new_key()
    forged = (
        x509.CertificateBuilder(old.issuer, old.subject, key.public_key(), old.serial_number)
        .not_valid_before(old.not_valid_before_utc)
        .not_valid_after(old.not_valid_after_utc)
        .sign(key, SHA256())
    )
    assert ship.renew(forged, csr(new_key(), old.subject)).json()["code"] == "R208"


def test_a_suspended_customer_renews_nothing(ship: Ship, world: World) -> None:
    old = certificate(ship.enrol(new_key()))
    _near_its_end(world)
    for _ in range(3):
        ship.enrol(new_key(), "Wrong1234")
    assert ship.renew(old, csr(new_key(), old.subject)).json()["code"] == "R204"
