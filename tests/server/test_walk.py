"""The whole road of an application: sign-in, order, card proof, relay, request, stored."""

from __future__ import annotations

from cryptography import x509

from tests.server.world import Caller, World


def test_a_customer_gets_a_certificate(alice: Caller) -> None:
    account = alice.get("/account").json()
    assert account["registration"] == "approved"
    assert account["cards"] == [{"card_id": alice.card.card_id, "label": "alice"}]
    assert alice.get(f"/cards?key={alice.card.fingerprint}").json()["mine"] is True

    order = alice.order()
    assert order["state"] == "created"
    assert alice.authorise(order["id"])["state"] == "authorised"
    issued = alice.request(order["id"]).json()
    assert issued["state"] == "issued"
    certificate = x509.load_pem_x509_certificate(issued["certificate"].encode())
    assert certificate.public_key() == alice.card.signing_key.public_key()
    assert certificate.subject.rfc4514_string() == issued["subject"]

    assert alice.stored(order["id"], issued["certificate"]).json()["state"] == "stored"
    [listed] = alice.get("/certificates").json()["certificates"]
    assert int(listed["serial"], 16) == certificate.serial_number
    assert (listed["state"], listed["slot"]) == ("valid", "9A")
    assert alice.get("/account").json()["registration"] == "used"
    assert alice.get(f"/orders?card_id={alice.card.card_id}&state=open").json() == {"orders": []}


def test_sign_out_ends_the_session(alice: Caller) -> None:
    assert alice.delete("/sessions/current").status_code == 204
    assert alice.get("/account").json()["code"] == "R206"


def test_a_session_lasts_thirty_minutes(world: World, alice: Caller) -> None:
    world.advance(30 * 60 - 30)
    assert alice.get("/sessions/current").status_code == 200
    world.advance(60)
    assert alice.get("/sessions/current").json()["code"] == "R206"
