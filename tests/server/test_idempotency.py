"""The same Idempotency-Key gets the same answer, whatever happened in between."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from httpx2 import Response

from server_stub.api.calls import Mutation
from server_stub.db.models import StoredAnswer
from server_stub.ra import Ra
from tests.server.world import Caller, World

KEY = "0123456789abcdef"


def same(first: Response, second: Response) -> bool:
    return (first.status_code, first.content) == (second.status_code, second.content)


def test_every_mutation_replays_exactly(alice: Caller) -> None:
    """The whole road, each request sent twice."""
    body = {"kind": "apply", "card_id": alice.card.card_id, **alice.terms()}
    created = [alice.post("/orders", body, "order-" + KEY) for _ in range(2)]
    assert same(*created)
    assert created[1].status_code == 201
    order = created[0].json()["id"]
    verification = {"verification": alice.verification()}
    relays = [alice.post(f"/orders/{order}/relays", verification, "relay-" + KEY) for _ in range(2)]
    assert same(*relays)
    relay = relays[0].json()["id"]
    witness = {"witness": alice.card.encrypt(alice.card.witness).hex()}
    answers = [alice.post(f"/relays/{relay}/witness", witness, "witness-" + KEY) for _ in range(2)]
    assert same(*answers)
    response = {"response": alice.card.encrypt(bytes.fromhex(answers[0].json()["challenge"])).hex()}
    assert same(*(alice.post(f"/relays/{relay}/response", response, "response-" + KEY) for _ in range(2)))
    issued = [alice.request(order, "request-" + KEY) for _ in range(2)]
    assert same(*issued)
    assert alice.stored(order, issued[0].json()["certificate"]).status_code == 200
    assert same(issued[0], alice.request(order, "request-" + KEY)), "also after the order went on"
    assert same(
        *(alice.post(f"/cards/{alice.card.card_id}/guids", {"guid": "ab" * 16}, KEY) for _ in range(2))
    )


def test_the_same_key_for_something_else_is_a_conflict(alice: Caller) -> None:
    order = alice.order()["id"]
    alice.delete(f"/orders/{order}", KEY)
    for answer in (
        alice.post(f"/cards/{alice.card.card_id}/guids", {"guid": "00" * 16}, KEY),
        alice.post(f"/orders/{order}/request", {"csr": alice.card.csr()}, KEY),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "R302")


def test_keys_of_different_accounts_do_not_meet(alice: Caller, bob: Caller) -> None:
    path = "/cards/{}/guids"
    assert alice.post(path.format(alice.card.card_id), {"guid": "00" * 16}, KEY).status_code == 204
    assert bob.post(path.format(bob.card.card_id), {"guid": "11" * 16}, KEY).status_code == 204


def test_a_refusal_is_not_remembered(alice: Caller) -> None:
    """Otherwise the client could never try again with the key it keeps for that act."""
    order = alice.order()["id"]
    assert alice.request(order, KEY).status_code == 409
    alice.authorise(order)
    assert alice.request(order, KEY).status_code == 200


def test_the_same_request_twice_at_once_is_done_once(alice: Caller) -> None:
    with ThreadPoolExecutor(8) as threads:
        body = {"kind": "apply", "card_id": alice.card.card_id, **alice.terms()}
        answers = list(threads.map(lambda _: alice.post("/orders", body, KEY), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1


def test_the_same_request_with_other_keys_at_once_makes_one_certificate(alice: Caller) -> None:
    order = alice.order()["id"]
    alice.authorise(order)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: alice.request(order), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["certificate"] for answer in answers}) == 1


def test_an_answer_and_its_act_are_stored_together(alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    body = {"kind": "apply", "card_id": alice.card.card_id, **alice.terms()}
    with monkeypatch.context() as patch:
        patch.setattr(Mutation, "_store", broken)
        with pytest.raises(RuntimeError):
            alice.post("/orders", body, KEY)
    assert alice.get("/orders").json() == {"orders": []}


def test_secrets_are_not_stored_for_replay(ra: Ra, world: World) -> None:
    world.customer("carol")
    answer = world.try_sign_in("carol", world.customer("dora").password)
    caller = Caller(world.client, world.customer("erin"), answer.json()["token"])
    caller.put("/account/password", {"old": "Correct8horse", "new": "Another1pass"})
    with ra.act(write=False) as act:
        assert act.db.query(StoredAnswer).count() == 0
