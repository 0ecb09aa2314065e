"""Orders, relays and certificates: the ways there are, and that every act can be repeated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from server_stub import issuing
from server_stub.db.models import Certificate, Order
from server_stub.orders import OPEN, WAYS, State, state_at
from server_stub.ra import Ra
from tests.server.world import Caller, World


class Killed(Exception):
    """Stands for the death of the process: nothing in the server catches it by name."""


def other_key(caller: Caller) -> None:
    """The card makes its key anew."""
    caller.card.signing_key = rsa.generate_private_key(65537, 2048)


def revoked(client: TestClient) -> set[int]:
    answer = client.get("/ca/issuing.crl")
    assert answer.headers["Content-Type"] == "application/pkix-crl"
    return {entry.serial_number for entry in x509.load_der_x509_crl(answer.content)}


# --- orders -----------------------------------------------------------------------------------


def test_a_card_has_one_open_order(alice: Caller) -> None:
    body = {"kind": "apply", "card_id": alice.card.card_id, **alice.terms()}
    first, second = alice.post("/orders", body), alice.post("/orders", body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()


@pytest.mark.parametrize("registration", ["pending", "used", "rejected"])
def test_only_an_approved_registration_may_apply(world: World, registration: str) -> None:
    caller = world.sign_in(world.customer("carol", registration=registration))
    answer = caller.post("/orders", {"kind": "apply", "card_id": caller.card.card_id, **caller.terms()})
    assert (answer.status_code, answer.json()["code"]) == (403, "R301")


@pytest.mark.parametrize("change", [{"terms_version": "1999"}, {"terms_sha256": "0" * 64}])
def test_only_the_current_terms_are_accepted(alice: Caller, change: dict[str, str]) -> None:
    body = {"kind": "apply", "card_id": alice.card.card_id, **alice.terms(), **change}
    answer = alice.post("/orders", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "R304")


def test_the_terms_may_be_read_in_either_language(client: TestClient, alice: Caller) -> None:
    english = client.get("/api/v1/units/exchange/terms?lang=en").json()
    body = {"kind": "apply", "card_id": alice.card.card_id}
    body |= {"terms_version": english["version"], "terms_sha256": english["sha256"]}
    assert alice.post("/orders", body).status_code == 201


def test_an_order_expires_and_the_next_one_begins(world: World, alice: Caller) -> None:
    order = alice.order()
    world.advance(14 * 86400 + 1)
    alice = world.sign_in(alice.person)
    assert alice.get(f"/orders/{order['id']}").json()["state"] == "expired"
    assert alice.get("/orders?state=open").json() == {"orders": []}
    refused = alice.post(f"/orders/{order['id']}/relays", {"verification": alice.verification()})
    assert (refused.status_code, refused.json()["state"]) == (409, "expired")
    assert alice.order()["id"] != order["id"]


def test_an_issued_order_waits_for_ever(world: World, alice: Caller) -> None:
    issued = alice.issue()
    world.advance(30 * 86400)
    alice = world.sign_in(alice.person)
    assert alice.order() == issued
    assert alice.stored(issued["id"], issued["certificate"]).json()["state"] == "stored"


def test_cancelling_revokes_what_was_never_stored(client: TestClient, alice: Caller) -> None:
    issued = alice.issue()
    serial = x509.load_pem_x509_certificate(issued["certificate"].encode()).serial_number
    assert revoked(client) == set()
    assert alice.delete(f"/orders/{issued['id']}").json()["state"] == "cancelled"
    assert alice.delete(f"/orders/{issued['id']}").json()["state"] == "cancelled"
    assert revoked(client) == {serial}
    assert alice.get("/certificates").json()["certificates"][0]["state"] == "revoked"
    assert alice.get("/account").json()["registration"] == "approved"


def test_a_stored_order_cannot_be_cancelled(client: TestClient, alice: Caller) -> None:
    issued = alice.issue()
    alice.stored(issued["id"], issued["certificate"])
    answer = alice.delete(f"/orders/{issued['id']}")
    assert (answer.status_code, answer.json()["state"]) == (409, "stored")
    assert revoked(client) == set()


@given(st.lists(st.sampled_from(list(State)), max_size=8), st.integers(-10, 10))
def test_states_only_move_along_their_ways(wanted: list[State], late: int) -> None:
    """Whatever is tried in whatever order: nothing leaves an end state, and a certificate is never lost to time."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    order = Order(state=State.CREATED, deadline=now - timedelta(seconds=late))
    walked = [State.CREATED]
    for step in wanted:
        if step in WAYS[state_at(order, now)]:
            order.state = step
            walked.append(step)
    visible = state_at(order, now)
    if State.ISSUED in walked:
        assert State.AUTHORISED in walked
        assert visible != State.EXPIRED
    assert (visible in OPEN) == bool(WAYS[visible]) or visible == State.STORED


# --- card verification and relay --------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": "00" * 32},
        {"audience": "http://evil"},
        {"purpose": "unblock"},
        {"card_id": "0" * 32},
        {"more": "x"},
    ],
)
def test_a_statement_must_say_exactly_what_is_expected(alice: Caller, change: dict[str, str]) -> None:
    path = f"/cards/{alice.card.card_id}/verifications"
    made = alice.post(path, {"purpose": "apply"}).json()
    members = {
        "card_id": alice.card.card_id,
        "nonce": made["nonce"],
        "purpose": "apply",
        "type": "card-verification",
    }
    body = alice.signed(alice.card.verification_key, **(members | change))
    answer = alice.put(f"{path}/{made['id']}", body)
    assert (answer.status_code, answer.json()["code"]) == (403, "R307")
    right = alice.signed(alice.card.verification_key, **members)
    assert alice.put(f"{path}/{made['id']}", right).json()["code"] == "R307", "a nonce is good for one answer"


def test_a_statement_by_another_key_or_card_is_refused(alice: Caller, bob: Caller) -> None:
    path = f"/cards/{alice.card.card_id}/verifications"
    made = alice.post(path, {"purpose": "apply"}).json()
    members = {
        "card_id": alice.card.card_id,
        "nonce": made["nonce"],
        "purpose": "apply",
        "type": "card-verification",
    }
    answer = alice.put(f"{path}/{made['id']}", alice.signed(bob.card.verification_key, **members))
    assert answer.json()["code"] == "R307"


def test_a_verification_is_good_for_one_relay_and_five_minutes(world: World, alice: Caller) -> None:
    order = alice.order()["id"]
    verification = alice.verification()
    assert alice.post(f"/orders/{order}/relays", {"verification": verification}).status_code == 201
    assert alice.post(f"/orders/{order}/relays", {"verification": verification}).json()["code"] == "R307"
    late = alice.verification()
    world.advance(5 * 60)
    assert alice.post(f"/orders/{order}/relays", {"verification": late}).json()["code"] == "R307"


def test_opening_a_relay_voids_the_other(alice: Caller) -> None:
    order = alice.order()["id"]
    first = alice.relay(order)
    assert alice.witness(first).status_code == 200
    alice.relay(order)
    answer = alice.post(f"/relays/{first}/response", {"response": "00" * 16})
    assert (answer.status_code, answer.json()["code"]) == (409, "R305")


def test_a_relay_lives_sixty_seconds_and_each_step_happens_once(world: World, alice: Caller) -> None:
    order = alice.order()["id"]
    relay = alice.relay(order)
    assert alice.post(f"/relays/{relay}/response", {"response": "00" * 16}).json()["code"] == "R305"
    assert alice.witness(relay).status_code == 200
    assert alice.witness(relay).json()["code"] == "R305"
    world.advance(60)
    assert alice.post(f"/relays/{relay}/response", {"response": "00" * 16}).json()["code"] == "R305"


def test_a_wrong_response_ends_the_relay(alice: Caller) -> None:
    order = alice.order()["id"]
    relay = alice.relay(order)
    challenge = alice.witness(relay).json()["challenge"]
    assert alice.post(f"/relays/{relay}/response", {"response": "00" * 16}).json()["code"] == "R307"
    right = alice.card.encrypt(bytes.fromhex(challenge)).hex()
    assert alice.post(f"/relays/{relay}/response", {"response": right}).json()["code"] == "R305"
    assert alice.get(f"/orders/{order}").json()["state"] == "created"


def test_an_issued_order_can_be_authorised_again_to_write_its_certificate(alice: Caller) -> None:
    issued = alice.issue()
    assert alice.authorise(issued["id"]) == issued


# --- certificates -----------------------------------------------------------------------------


def test_the_same_key_gets_the_same_certificate(alice: Caller) -> None:
    issued = alice.issue()
    assert alice.request(issued["id"]).json() == issued
    alice.stored(issued["id"], issued["certificate"])
    assert alice.request(issued["id"]).json()["certificate"] == issued["certificate"]


def test_another_key_is_refused_once_issued(alice: Caller) -> None:
    issued = alice.issue()
    other_key(alice)
    answer = alice.request(issued["id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "R302")


def test_no_certificate_before_the_card_is_authorised(alice: Caller) -> None:
    answer = alice.request(alice.order()["id"])
    assert (answer.status_code, answer.json()["state"]) == (409, "created")


def test_a_key_certified_elsewhere_is_refused(alice: Caller, bob: Caller) -> None:
    bob.card.signing_key = alice.card.signing_key
    alice.issue()
    order = bob.order()["id"]
    bob.authorise(order)
    answer = bob.request(order)
    assert (answer.status_code, answer.json()["code"], answer.json()["reason"]) == (422, "R306", "reused")


def test_requests_that_break_the_profile_say_why(alice: Caller) -> None:
    order = alice.order()["id"]
    alice.authorise(order)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    wrong = (
        builder.sign(ec.generate_private_key(ec.SECP256R1()), SHA256()).public_bytes(Encoding.PEM).decode()
    )
    broken = bytearray(builder.sign(alice.card.signing_key, SHA256()).public_bytes(Encoding.DER))
    broken[-1] ^= 1
    unsigned = x509.load_der_x509_csr(bytes(broken)).public_bytes(Encoding.PEM).decode()
    for csr, reason in ((wrong, "key"), (unsigned, "signature"), ("nonsense", "malformed")):
        answer = alice.post(f"/orders/{order}/request", {"csr": csr})
        assert (answer.status_code, answer.json()["code"], answer.json()["reason"]) == (422, "R306", reason)
    assert alice.request(order).status_code == 200


def certificates_of(ra: Ra, order: str) -> list[tuple[str, str]]:
    with ra.act(write=False) as act:
        rows = act.db.query(Certificate).filter_by(order_id=order).order_by(Certificate.state)
        return [(row.state, row.serial) for row in rows]


def test_a_crash_before_the_signature_keeps_the_serial(
    ra: Ra, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = alice.order()["id"]
    alice.authorise(order)
    with monkeypatch.context() as patch:
        patch.setattr(issuing, "sign", _crash)
        with pytest.raises(Killed):
            alice.request(order)
    [(state, serial)] = certificates_of(ra, order)
    assert state == "intended"
    certificate = x509.load_pem_x509_certificate(alice.request(order).json()["certificate"].encode())
    assert f"{certificate.serial_number:x}" == serial
    assert certificates_of(ra, order) == [("valid", serial)]


def test_a_crash_before_the_record_still_makes_one_certificate(
    ra: Ra, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = alice.order()["id"]
    alice.authorise(order)
    with monkeypatch.context() as patch:
        patch.setattr(issuing, "keep", _crash)
        with pytest.raises(Killed):
            alice.request(order)
    assert alice.get(f"/orders/{order}").json()["state"] == "authorised"
    assert alice.request(order).json()["state"] == "issued"
    assert [state for state, _ in certificates_of(ra, order)] == ["valid"]


def test_a_new_key_after_a_crash_replaces_the_intent(
    ra: Ra, client: TestClient, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = alice.order()["id"]
    alice.authorise(order)
    with monkeypatch.context() as patch:
        patch.setattr(issuing, "sign", _crash)
        with pytest.raises(Killed):
            alice.request(order)
    other_key(alice)
    certificate = x509.load_pem_x509_certificate(alice.request(order).json()["certificate"].encode())
    assert certificate.public_key() == alice.card.signing_key.public_key()
    assert [state for state, _ in certificates_of(ra, order)] == ["abandoned", "valid"]
    assert revoked(client) == set()


def test_cancelling_between_intent_and_record_leaves_no_certificate(
    ra: Ra, client: TestClient, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = alice.order()["id"]
    alice.authorise(order)
    real = issuing.sign

    def cancelled_meanwhile(*arguments: Any) -> x509.Certificate | None:
        alice.delete(f"/orders/{order}")
        return real(*arguments)

    monkeypatch.setattr(issuing, "sign", cancelled_meanwhile)
    answer = alice.request(order)
    assert (answer.status_code, answer.json()["state"]) == (409, "cancelled")
    assert [state for state, _ in certificates_of(ra, order)] == ["abandoned"]


@pytest.mark.parametrize("change", [{"order": "0" * 32}, {"certificate_sha256": "0" * 64}, {"type": "other"}])
def test_stored_is_said_by_the_new_key_about_this_certificate(alice: Caller, change: dict[str, str]) -> None:
    issued = alice.issue()
    members = {"certificate_sha256": "0" * 64, "order": issued["id"], "type": "stored"} | change
    answer = alice.post(f"/orders/{issued['id']}/stored", alice.signed(alice.card.signing_key, **members))
    assert (answer.status_code, answer.json()["code"]) == (403, "R307")


def test_stored_can_be_said_twice(alice: Caller) -> None:
    issued = alice.issue()
    first, second = (alice.stored(issued["id"], issued["certificate"]).json() for _ in range(2))
    assert first == second
    assert first["state"] == "stored"


def test_validity_is_the_units(alice: Caller) -> None:
    certificate = x509.load_pem_x509_certificate(alice.issue()["certificate"].encode())
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc + timedelta(seconds=1)
    leap = (begin.month, begin.day) == (2, 29)
    assert end == (begin + timedelta(days=leap)).replace(year=begin.year + 2)


def _crash(*_: object) -> None:
    raise Killed
