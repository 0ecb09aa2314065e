"""Every endpoint, tried by those who may not; and by those who send nonsense."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from server_stub.officers import Role
from tests.server.world import Caller, OfficerCaller, World

NOBODYS = "0" * 32
STATEMENT = {"statement": "{}", "signature": "00" * 8}
Act = tuple[str, str, object]


def acts(victim: Caller) -> list[Act]:
    """Every signed-in endpoint, on things of ``victim``: method, path, body."""
    card = victim.card.card_id
    order = victim.order()["id"]
    relay = victim.relay(order)
    made = victim.post(f"/cards/{card}/verifications", {"purpose": "apply"}).json()["id"]
    return [
        ("GET", f"/orders/{order}", None),
        ("DELETE", f"/orders/{order}", None),
        ("POST", "/orders", {"kind": "apply", "card_id": card, **victim.terms()}),
        ("POST", "/orders", {"kind": "renew", "renews": "abc", **victim.terms()}),
        ("POST", f"/orders/{order}/relays", {"verification": made}),
        ("POST", f"/orders/{order}/debit", {"account": "giro", "number": "12345678"}),
        ("POST", f"/orders/{order}/request", {"csr": victim.card.csr()}),
        ("POST", f"/orders/{order}/stored", STATEMENT),
        ("POST", f"/orders/{order}/activation", {**STATEMENT, "password": "Wrong1234"}),
        ("POST", f"/orders/{order}/download", None),
        ("POST", f"/relays/{relay}/witness", {"witness": "00" * 16}),
        ("POST", f"/relays/{relay}/response", {"response": "00" * 16}),
        ("POST", f"/cards/{card}/verifications", {"purpose": "apply"}),
        ("PUT", f"/cards/{card}/verifications/{made}", STATEMENT),
        ("POST", f"/cards/{card}/guids", {"guid": "00" * 16}),
        ("POST", "/certificates/abc/suspension", {}),
    ]


OWN: list[Act] = [
    ("GET", "/account", None),
    ("GET", "/certificates", None),
    ("GET", "/orders", None),
    ("GET", f"/cards?key={'0' * 64}", None),
    ("GET", "/sessions/current", None),
    ("DELETE", "/sessions/current", None),
    ("POST", "/account/revocation", None),
    ("PUT", "/account/password", {"old": "Wrong1234", "new": "Wrong12345"}),
]


def send(caller: Caller, act: Act) -> Response:
    method, path, body = act
    call: dict[str, Callable[[], Response]] = {
        "GET": lambda: caller.get(path),
        "DELETE": lambda: caller.delete(path),
        "POST": lambda: caller.post(path, body),
        "PUT": lambda: caller.put(path, body),
    }
    return call[method]()


# For everybody: what somebody needs before signing in, what the CA publishes, and the demo's own.
PUBLIC = {
    *(f"GET /api/v1/{path}" for path in ("info", "units", "units/{unit}", "units/{unit}/terms", "ca/chain")),
    *(f"POST /api/v1/{path}" for path in ("captchas", "sessions", "officer/sessions")),
    *(f"POST /api/v1/{path}" for path in ("sessions/card", "sessions/card/challenge")),
    *(f"GET /ca/{name}" for name in ("issuing.cer", "root.cer", "issuing.crl", "root.crl")),
    *("POST /ocsp", "GET /ocsp/{question}", "GET /health", "GET /metrics"),
    *("POST /demo/clock", "POST /demo/faults", "DELETE /demo/faults"),
}


def described(client: TestClient) -> dict[str, bool]:
    """Every endpoint as ``METHOD /path/{name}``, and whether its description asks for a session."""
    return {
        f"{method.upper()} {path}": bool(operation.get("security"))
        for path, operations in client.get("/openapi.json").json()["paths"].items()
        for method, operation in operations.items()
    }


def endpoint(client: TestClient, method: str, path: str) -> str:
    """The description's name for an address below /api/v1; exact names come before those with places."""
    address = f"{method} /api/v1{path.partition('?')[0]}"
    patterns = {name: re.sub(r"\{\w+\}", "[^/]+", name) for name in sorted(described(client), key=_places)}
    return next(name for name, pattern in patterns.items() if re.fullmatch(pattern, address))


def _places(name: str) -> int:
    return name.count("{")


def test_what_is_public_is_meant_to_be(client: TestClient) -> None:
    assert {name for name, guarded in described(client).items() if not guarded} == PUBLIC


def test_the_lists_above_hold_every_endpoint(client: TestClient, alice: Caller) -> None:
    signed_in = {name for name, guarded in described(client).items() if guarded and "/officer/" not in name}
    assert {endpoint(client, method, path) for method, path, _ in [*acts(alice), *OWN]} == signed_in


@pytest.mark.parametrize("token", ["", "x", "A" * 43])
def test_nobody_gets_in_without_a_session(client: TestClient, alice: Caller, token: str) -> None:
    anonymous = Caller(client, alice.person, token)
    for act in [*acts(alice), *OWN]:
        answer = send(anonymous, act)
        assert (act, answer.status_code, answer.json()["code"]) == (act, 401, "R206")


def test_another_customers_things_do_not_exist(alice: Caller, bob: Caller) -> None:
    for act in acts(alice):
        answer = send(bob, act)
        assert (act, answer.status_code, answer.json()["code"]) == (act, 404, "R303")
    assert alice.get("/orders").json()["orders"][0]["state"] == "created"
    assert bob.get("/orders").json() == {"orders": []}


def test_a_suspended_customer_can_do_nothing(world: World, alice: Caller) -> None:
    prepared = acts(alice)
    for _ in range(3):
        world.try_sign_in("alice", "Wrong1234")
    for act in [*prepared, *OWN]:
        answer = send(alice, act)
        assert (act, answer.status_code, answer.json()["code"]) == (act, 403, "R204")


# What a session made by the card may change wherever it is; what belongs to an order, only if that renews.
BY_CARD = {
    "DELETE /api/v1/sessions/current",
    "POST /api/v1/cards/{card_id}/guids",
    "PUT /api/v1/cards/{card_id}/verifications/{verification_id}",
}
RENEWING = {
    *("POST /api/v1/orders", "DELETE /api/v1/orders/{order_id}"),
    *(f"POST /api/v1/orders/{{order_id}}/{part}" for part in ("relays", "request", "stored")),
    *(f"POST /api/v1/relays/{{relay_id}}/{part}" for part in ("witness", "response")),
    "POST /api/v1/cards/{card_id}/verifications",
}


def is_refused_by_card(client: TestClient, caller: Caller, act: Act) -> bool:
    answer = send(caller, act)
    return answer.status_code == 403 and answer.json()["code"] == "R208"


def test_a_session_made_by_the_card_reads_and_changes_only_renewals(
    client: TestClient, world: World, bob: Caller, serial: str
) -> None:
    """Here the order is an application."""
    prepared = [*acts(bob), *OWN]
    by_card = world.sign_in(bob.person, certificate=serial)
    for act in prepared:
        method, path, body = act
        renews = isinstance(body, dict) and body.get("kind") == "renew"
        may = method == "GET" or endpoint(client, method, path) in BY_CARD or renews
        assert (act, is_refused_by_card(client, by_card, act)) == (act, not may)
        by_card = world.sign_in(bob.person, certificate=serial)


def test_a_session_made_by_the_card_may_do_all_of_a_renewal(
    client: TestClient, world: World, alice: Caller, serial: str
) -> None:
    world.advance(720 * 86400)
    by_card = world.sign_in(alice.person, certificate=serial)
    begin = {"kind": "renew", "renews": serial, **by_card.terms()}
    order = by_card.post("/orders", begin).json()["id"]
    relay = by_card.relay(order, "renew")
    prepared: list[Act] = [
        ("POST", "/orders", begin),
        ("POST", f"/cards/{alice.card.card_id}/verifications", {"purpose": "renew"}),
        ("POST", f"/orders/{order}/relays", {"verification": NOBODYS}),
        ("POST", f"/orders/{order}/request", {"csr": alice.card.csr()}),
        ("POST", f"/orders/{order}/stored", STATEMENT),
        ("POST", f"/relays/{relay}/witness", {"witness": "00" * 16}),
        ("POST", f"/relays/{relay}/response", {"response": "00" * 16}),
        ("DELETE", f"/orders/{order}", None),
    ]
    assert {endpoint(client, method, path) for method, path, _ in prepared} == RENEWING
    assert [act for act in prepared if is_refused_by_card(client, by_card, act)] == []


def test_by_card_another_customers_things_do_not_exist_either(
    client: TestClient, world: World, alice: Caller, bob: Caller
) -> None:
    order = bob.issue()
    bob.stored(order["id"], order["certificate"])
    (certificate,) = bob.get("/certificates").json()["certificates"]
    by_card = world.sign_in(bob.person, certificate=certificate["serial"])
    told = {endpoint(client, act[0], act[1]): send(by_card, act).json()["code"] for act in acts(alice)}
    assert {told[name] for name in RENEWING if "{order_id}" in name or "{relay_id}" in name} == {"R303"}
    assert set(told.values()) == {"R303", "R208"}


FORM = {"form": "R-1"}
# What each role may; whatever an officer can call stands here.
OFFICERS: dict[tuple[str, str, None], set[Role]] = {
    ("GET", "/certificates?identifier=ID-alice", None): {Role.REGISTRAR, Role.AUDITOR},
    ("GET", "/debits?identifier=ID-alice", None): {Role.REGISTRAR, Role.AUDITOR},
    ("GET", "/approvals", None): set(Role),
    ("GET", "/sessions/current", None): set(Role),
}
OFFICERS_ACTS: list[tuple[str, dict[str, str] | None, set[Role]]] = [
    ("/certificates/abc/suspension", FORM, {Role.REGISTRAR}),
    ("/certificates/abc/resumption", FORM, {Role.REGISTRAR}),
    ("/certificates/abc/revocation", {**FORM, "reason": "superseded"}, {Role.REGISTRAR}),
    ("/enrolment-codes", {**FORM, "unit": "exchange", "account": "nobody"}, {Role.REGISTRAR}),
    (f"/orders/{NOBODYS}/download", FORM, {Role.REGISTRAR}),
    ("/approvals", {**FORM, "kind": "pin-reset", "card_id": NOBODYS}, {Role.REGISTRAR}),
    (f"/approvals/{NOBODYS}/confirmation", None, {Role.REGISTRAR, Role.APPROVER}),
    (f"/approvals/{NOBODYS}/refusal", None, {Role.REGISTRAR, Role.APPROVER}),
]


def test_the_lists_of_officers_hold_every_endpoint(client: TestClient) -> None:
    served = {name for name, guarded in described(client).items() if guarded and "/officer/" in name}
    tried = {endpoint(client, method, f"/officer{path}") for method, path, _ in OFFICERS}
    tried |= {endpoint(client, "POST", f"/officer{path}") for path, _, _ in OFFICERS_ACTS}
    ends_itself = "DELETE /api/v1/officer/sessions/current"  # tests/server/test_officers.py
    assert served == tried | {ends_itself}


@pytest.mark.parametrize("role", list(Role))
def test_what_each_role_may(world: World, role: Role) -> None:
    officer = world.officer_caller("may", role)
    for (_, path, _), roles in OFFICERS.items():
        assert (path, officer.get(path).status_code) == (path, 200 if role in roles else 403)
    for path, body, roles in OFFICERS_ACTS:
        code = officer.post(path, body).json()["code"]
        assert (path, code) == (path, "R303" if role in roles else "R208")


@pytest.mark.parametrize("whose", ["nobody", "customer"])
def test_who_is_no_officer_gets_nowhere(client: TestClient, alice: Caller, whose: str) -> None:
    stranger = OfficerCaller(client, alice.token if whose == "customer" else "x")
    answers = [stranger.get(path) for _, path, _ in OFFICERS]
    answers += [stranger.post(path, body) for path, body, _ in OFFICERS_ACTS]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(401, "R206")}


def test_officers_are_no_customers(client: TestClient, world: World, alice: Caller) -> None:
    token = world.officer_caller("may", *Role).token
    officer = Caller(client, alice.person, token)
    for act in [*acts(alice), *OWN]:
        assert (act, send(officer, act).json()["code"]) == (act, "R206")


def test_of_a_foreign_card_only_that_is_told(alice: Caller, bob: Caller) -> None:
    assert bob.get(f"/cards?key={alice.card.fingerprint}").json() == {"mine": False}
    assert bob.get(f"/cards?key={'0' * 64}").json()["code"] == "R303"


BAD_BODIES = [
    "null",
    "[]",
    "{",
    "",
    '"text"',
    "{}",
    '{"extra": 1}',
    '{"kind": "revoke", "card_id": 7, "terms_version": null, "terms_sha256": "ABC"}',
    '{"unit": "exchange", "account": "a", "password": "b", "extra": true}',
    '{"csr": ["a"], "statement": 1, "signature": "zz", "witness": "0", "response": "00", "guid": "xyz"}',
    '{"old": "", "new": ""}',
    '{"verification": "../../etc/passwd", "purpose": "everything"}',
]


@pytest.mark.parametrize("body", BAD_BODIES)
def test_what_cannot_be_read_is_told_by_field(client: TestClient, alice: Caller, body: str) -> None:
    headers = {
        "Authorization": f"Bearer {alice.token}",
        "Idempotency-Key": Caller.fresh_key(),
        "Content-Type": "application/json",
    }
    bodied = [act for act in [*acts(alice), *OWN] if act[2]]
    public = [
        ("POST", f"/{path}") for path in ("captchas", "sessions", "sessions/card", "sessions/card/challenge")
    ]
    for method, path in [*((act[0], act[1]) for act in bodied), *public]:
        answer = client.request(method, f"/api/v1{path}", content=body, headers=headers)
        problem = answer.json()
        assert (path, answer.status_code, problem["code"]) == (path, 400, "R108")
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert isinstance(problem["field"], str)


def test_a_mutation_needs_an_idempotency_key(client: TestClient, alice: Caller) -> None:
    for key in (
        {},
        {"Idempotency-Key": "short"},
        {"Idempotency-Key": "x" * 129},
        {"Idempotency-Key": "a b" * 8},
    ):
        headers = {"Authorization": f"Bearer {alice.token}", **key}
        answer = client.delete("/api/v1/sessions/current", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "R108")


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_has_a_limit(client: TestClient, announced: bool) -> None:
    big = b'{"unit": "' + b"x" * 70_000 + b'"}'
    content = big if announced else iter([big[:40_000], big[40_000:]])
    headers = {"Idempotency-Key": Caller.fresh_key(), "Content-Type": "application/json"}
    answer = client.post("/api/v1/captchas", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "R108")


def test_paths_and_methods_that_do_not_exist(client: TestClient) -> None:
    assert client.get("/api/v1/nothing").json()["code"] == "R303"
    answer = client.put("/api/v1/info")
    assert (answer.status_code, answer.json()["code"], answer.headers["Allow"]) == (405, "R108", "GET")


@pytest.mark.parametrize("order_id", ["1", "x" * 32, "0" * 33, "%00", "' OR 1=1 --", "A" * 32])
def test_an_order_id_that_cannot_be_one(alice: Caller, order_id: str) -> None:
    assert alice.get(f"/orders/{order_id}").status_code in {400, 404}
