"""Sign-in: captcha first, tries counted, nobody learns which accounts exist."""

from __future__ import annotations

import io
import wave
from base64 import b64decode

import pytest
from PIL import Image
from starlette.testclient import TestClient

from server_stub import accounts, passwords
from server_stub.app import create_app
from server_stub.settings import Limits, Settings
from tests.server.world import ORIGIN, PASSWORD, UNIT, Caller, World, ra_of


def test_tries_are_told_and_the_last_one_suspends(world: World) -> None:
    person = world.customer("carol")
    first, second, third = (world.try_sign_in("carol", "Wrong1234") for _ in range(3))
    assert (first.status_code, first.json()["code"], first.json()["attempts_left"]) == (401, "R201", 2)
    assert second.json()["attempts_left"] == 1
    assert (third.status_code, third.json()["code"]) == (403, "R204")
    assert world.try_sign_in("carol", person.password).json()["code"] == "R204"


def test_only_consecutive_errors_count(world: World) -> None:
    person = world.customer("carol")
    for _ in range(3):
        assert world.try_sign_in("carol", "Wrong1234").json()["attempts_left"] == 2
        assert world.try_sign_in("carol", person.password).status_code == 201


def test_an_unknown_account_answers_like_a_known_one(world: World) -> None:
    world.customer("carol")
    for _ in range(4):
        known, unknown = (world.try_sign_in(name, "Wrong1234") for name in ("carol", "nobody"))
        assert (known.status_code, known.content) == (unknown.status_code, unknown.content)


def test_an_unknown_account_costs_a_password_hash_as_well(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str | None] = []

    def spy(password: str, password_hash: str | None) -> bool:
        hashed.append(password_hash)
        return passwords.is_password(password, password_hash)

    monkeypatch.setattr(accounts, "is_password", spy)
    world.try_sign_in("nobody", "Wrong1234")
    assert hashed == [None]


def test_a_session_of_a_suspended_account_is_of_no_use(world: World, alice: Caller) -> None:
    for _ in range(3):
        world.try_sign_in("alice", "Wrong1234")
    for answer in (alice.get("/account"), alice.get("/sessions/current"), alice.post("/orders", {})):
        assert answer.json()["code"] in {"R204", "R108"}
    assert alice.get("/account").status_code == 403


@pytest.mark.parametrize(("answer", "code"), [("00000", "R202"), ("", "R108")])
def test_a_wrong_captcha_costs_no_try_and_is_gone(world: World, answer: str, code: str) -> None:
    person = world.customer("carol")
    captcha = world.captcha()
    wrong = {**captcha, "answer": answer if answer != captcha["answer"] else "00001"}
    assert world.try_sign_in("carol", "Wrong1234", captcha=wrong).json()["code"] == code
    if code == "R202":
        again = world.try_sign_in("carol", person.password, captcha=captcha)
        assert (again.status_code, again.json()["code"]) == (400, "R203")
    assert world.try_sign_in("carol", "Wrong1234").json()["attempts_left"] == 2


def test_a_wrong_captcha_never_reaches_the_password_hash(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "is_password", lambda *_: pytest.fail("hashed"))
    assert (
        world.try_sign_in("carol", PASSWORD, captcha={"id": "0" * 32, "answer": "1"}).json()["code"] == "R203"
    )
    assert world.try_sign_in("carol", PASSWORD, captcha=None).json()["code"] == "R202"


def test_a_captcha_is_good_once_and_for_five_minutes(world: World) -> None:
    person = world.customer("carol")
    captcha = world.captcha()
    assert world.try_sign_in("carol", person.password, captcha=captcha).status_code == 201
    assert world.try_sign_in("carol", person.password, captcha=captcha).json()["code"] == "R203"
    late = world.captcha()
    world.advance(5 * 60)
    assert world.try_sign_in("carol", person.password, captcha=late).json()["code"] == "R203"


def test_a_captcha_can_be_seen_and_heard(client: TestClient) -> None:
    headers = {"Idempotency-Key": Caller.fresh_key()}
    made = client.post("/api/v1/captchas", json={"unit": UNIT}, headers=headers).json()
    assert Image.open(io.BytesIO(b64decode(made["image_png"]))).format == "PNG"
    with wave.open(io.BytesIO(b64decode(made["audio_wav"]))) as sound:
        assert 2 < sound.getnframes() / sound.getframerate() < 60


def test_an_unknown_unit_is_told(client: TestClient) -> None:
    headers = {"Idempotency-Key": Caller.fresh_key()}
    answer = client.post("/api/v1/captchas", json={"unit": "nowhere"}, headers=headers)
    assert (answer.status_code, answer.json()["code"], answer.json()["unit"]) == (404, "R107", "nowhere")


def test_attempts_are_limited_by_account_and_address(settings: Settings) -> None:
    narrow = Settings(
        data=settings.data,
        url=ORIGIN,
        demo=True,
        limits=Limits(sign_ins_per_account=1, sign_ins_per_address=3, captchas_per_address=100),
    )
    with TestClient(create_app(narrow), base_url=ORIGIN) as client:
        world = World(client, ra_of(client))
        world.begin_minute()
        assert world.try_sign_in("one", "Wrong1234").status_code == 401
        again = world.try_sign_in("one", "Wrong1234")
        assert (again.status_code, again.json()["code"]) == (429, "R106")
        assert 0 < int(again.headers["Retry-After"]) == again.json()["retry_after"] <= 60
        assert world.try_sign_in("two", "Wrong1234").status_code == 401
        assert world.try_sign_in("three", "Wrong1234").status_code == 429
        world.advance(61)
        assert world.try_sign_in("three", "Wrong1234").status_code == 401


def test_the_first_sign_in_allows_nothing_but_a_new_password(world: World) -> None:
    caller = world.sign_in(world.customer("carol", must_change=True))
    assert caller.get("/sessions/current").json()["must_change_password"] is True
    for path in ("/account", "/orders", "/certificates", f"/cards?key={caller.card.fingerprint}"):
        answer = caller.get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "R205")
    assert caller.put("/account/password", {"old": PASSWORD, "new": "Another1pass"}).status_code == 204
    assert caller.get("/account").status_code == 200


@pytest.mark.parametrize(
    ("new", "rule"),
    [
        ("Short1", "length"),
        ("TooLong1" * 4, "length"),
        ("OnlyLetters", "characters"),
        ("12345678", "characters"),
        ("With space1", "characters"),
        ("Symbols1!", "characters"),
        ("密碼密碼密碼密碼1a", "characters"),
        (PASSWORD, "same"),
    ],
)
def test_the_units_rule_for_site_passwords(alice: Caller, new: str, rule: str) -> None:
    answer = alice.put("/account/password", {"old": PASSWORD, "new": new})
    assert (answer.status_code, answer.json()["code"], answer.json()["rule"]) == (422, "R207", rule)


def test_a_wrong_old_password_counts_as_a_wrong_sign_in(world: World, alice: Caller) -> None:
    body = {"old": "Wrong1234", "new": "Another1pass"}
    assert alice.put("/account/password", body).json()["attempts_left"] == 2
    assert world.try_sign_in("alice", "Wrong1234").json()["attempts_left"] == 1
    assert alice.put("/account/password", body).json()["code"] == "R204"


def test_a_password_change_whose_answer_was_lost_can_be_repeated(world: World, alice: Caller) -> None:
    body = {"old": PASSWORD, "new": "Another1pass"}
    assert [alice.put("/account/password", body).status_code for _ in range(2)] == [204, 204]
    assert world.try_sign_in("alice", "Another1pass").status_code == 201


def test_a_new_password_ends_the_other_sessions(world: World, alice: Caller) -> None:
    other = world.sign_in(alice.person)
    alice.put("/account/password", {"old": PASSWORD, "new": "Another1pass"})
    assert other.get("/account").json()["code"] == "R206"
    assert alice.get("/account").status_code == 200
