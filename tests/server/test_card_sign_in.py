"""Card sign-in (spec 4.2): who it lets in, and that everyone else hears one and the same."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from httpx2 import Response
from sqlalchemy import event, select
from starlette.testclient import TestClient

from server_stub import housekeeping, tries
from server_stub.app import create_app
from server_stub.db.models import Account, AuditEntry, Card, CardChallenge, Certificate
from server_stub.officers import Role
from server_stub.settings import Limits, Settings
from tests.server.card_signer import SIGNED_ACT, CardSigner
from tests.server.world import ORIGIN, UNIT, Caller, World, ra_of

ID_DATA = "1.2.840.113549.1.7.1"
TWO_YEARS, DAY, MINUTE = 731 * 86400, 86400, 60
FOREIGN_KEY = rsa.generate_private_key(65537, 2048)
NOBODY = "ID-nobody"
NONCE = re.compile(rb'"nonce":"..')


@pytest.fixture
def signer(world: World, alice: Caller) -> CardSigner:
    """Alice, who need not look at captchas: drawing them takes long."""
    world.let_cards_sign_in()
    return CardSigner.of(world, alice)


def caller_of(signer: CardSigner, alice: Caller) -> Caller:
    answer = signer.sign_in()
    assert answer.status_code == 201, answer.text
    return Caller(alice.client, alice.person, str(answer.json()["token"]))


def audited(world: World, action: str) -> list[dict[str, object]]:
    with world.ra.act(write=False) as act:
        details = act.db.scalars(select(AuditEntry.detail).where(AuditEntry.action == action))
        return [json.loads(detail) for detail in details]


# --- who gets in --------------------------------------------------------------------------------


def test_the_card_signs_in_for_ten_minutes(world: World, signer: CardSigner, alice: Caller) -> None:
    answer = signer.sign_in()
    assert answer.status_code == 201
    session = {name: answer.json()[name] for name in ("account", "unit", "by_card", "must_change_password")}
    assert session == {"account": "alice", "unit": UNIT, "by_card": True, "must_change_password": False}
    by_card = Caller(alice.client, alice.person, answer.json()["token"])
    assert by_card.get("/account").json()["identifier"] == "ID-alice"
    assert audited(world, "session.begun")[-1]["certificate"] == signer.serial()
    world.advance(10 * MINUTE)
    assert by_card.get("/account").json()["code"] == "R206"


@pytest.mark.parametrize("option", ["", "-keyid"])
def test_openssl_signs_in(signer: CardSigner, tmp_path: Path, option: str) -> None:
    nonce = signer.nonce()
    signed = by_openssl(signer, signer.statement(nonce), tmp_path, *option.split())
    assert signer.send(nonce, signed).status_code == 201


def by_openssl(signer: CardSigner, statement: bytes, folder: Path, *options: str) -> bytes:
    (folder / "statement").write_bytes(statement)
    (folder / "cert.pem").write_bytes(signer.pem())
    key = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(key)
    command = f"openssl cms -sign -nodetach -binary -econtent_type {SIGNED_ACT} -in statement -outform DER"
    with_key = ["-signer", "cert.pem", "-inkey", "key.pem", "-out", "message"]
    subprocess.run([*command.split(), *with_key, *options], cwd=folder, check=True, capture_output=True)
    return (folder / "message").read_bytes()


def test_it_has_nothing_to_do_with_the_site_password(world: World, signer: CardSigner, alice: Caller) -> None:
    """A letter's password that is still to be changed is not asked for, and wrong signatures cost none of its tries."""
    with world.ra.act("test") as act:
        act.db.query(Account).filter_by(name="alice").one().must_change_password = True
    for _ in range(4):
        assert signer.sign_in(purpose="other").status_code == 403
    assert caller_of(signer, alice).get("/orders").status_code == 200
    assert world.try_sign_in("alice", "Wrong1234").json()["attempts_left"] == 2


# --- everyone else ------------------------------------------------------------------------------

Spoil = Callable[[CardSigner], Response]


def _twice(signer: CardSigner) -> Response:
    nonce = signer.nonce()
    signed = signer.signed(signer.statement(nonce))
    assert signer.send(nonce, signed).status_code == 201
    return signer.send(nonce, signed)


def _second_try(signer: CardSigner) -> Response:
    """A nonce is used up by what was wrong, too."""
    nonce = signer.nonce()
    signer.send(nonce, b"wrong")
    return signer.send(nonce, signer.signed(signer.statement(nonce)))


def _own_nonce(signer: CardSigner) -> Response:
    nonce = "ab" * 32
    return signer.send(nonce, signer.signed(signer.statement(nonce)))


def _nonce_of_another(signer: CardSigner) -> Response:
    nonce = replace(signer, identifier=NOBODY).nonce()
    return signer.send(nonce, signer.signed(signer.statement(nonce)))


def _late(signer: CardSigner) -> Response:
    nonce = signer.nonce()
    signer.world.advance(5 * MINUTE)
    return signer.send(nonce, signer.signed(signer.statement(nonce)))


def _body_of_another(signer: CardSigner) -> Response:
    """Signed for somebody else, sent for alice."""
    nonce = signer.nonce()
    statement = replace(signer, identifier=NOBODY).statement(nonce)
    return signer.send(nonce, signer.signed(statement))


def _with(change: Callable[[bytes], bytes], content_type: str = SIGNED_ACT) -> Spoil:
    """The statement changed before it is signed."""

    def send(signer: CardSigner) -> Response:
        nonce = signer.nonce()
        return signer.send(nonce, signer.signed(change(signer.statement(nonce)), content_type))

    return send


def _foreign_key(signer: CardSigner) -> Response:
    """Alice's certificate, somebody else's key."""
    return replace(signer, key=FOREIGN_KEY).sign_in()


def _look_alike(signer: CardSigner) -> Response:
    certificate = signer.look_alike(FOREIGN_KEY, FOREIGN_KEY)
    return replace(signer, certificate=certificate, key=FOREIGN_KEY).sign_in()


def _state(name: str, **values: object) -> Spoil:
    """Alice's own, after a column of her card or certificate was set."""

    def send(signer: CardSigner) -> Response:
        with signer.world.ra.act("test") as act:
            row = act.db.get_one(Certificate, signer.serial())
            changed = act.db.get_one(Card, row.card_id) if name == "card" else row
            for column, value in values.items():
                setattr(changed, column, value)
        return signer.sign_in()

    return send


def _expired(signer: CardSigner) -> Response:
    signer.world.advance(TWO_YEARS)
    return signer.sign_in()


REFUSALS: dict[str, tuple[Spoil, str]] = {
    "replayed": (_twice, "nonce"),
    "a second try": (_second_try, "nonce"),
    "a nonce of its own": (_own_nonce, "nonce"),
    "another's nonce": (_nonce_of_another, "nonce"),
    "too late": (_late, "nonce"),
    "audience": (lambda signer: signer.sign_in(audience="https://other.test"), "members"),
    "purpose": (lambda signer: signer.sign_in(purpose="renewal"), "members"),
    "nonce in the statement": (_with(lambda statement: NONCE.sub(b'"nonce":"zz', statement)), "members"),
    "one more member": (lambda signer: signer.sign_in(type="sign-in"), "members"),
    "body": (_body_of_another, "members"),
    "time": (lambda signer: signer.sign_in(time="2020-01-01T00:00:00Z"), "time"),
    "no time": (lambda signer: signer.sign_in(time=""), "time"),
    "not canonical": (_with(lambda statement: statement + b" "), "malformed"),
    "empty": (_with(lambda _: b""), "malformed"),
    "signed as e-mail": (_with(lambda statement: statement, ID_DATA), "signature"),
    "another key": (_foreign_key, "signature"),
    "not our certificate": (_look_alike, "certificate"),
    "on hold": (_state("certificate", state="on-hold"), "certificate"),
    "revoked": (_state("certificate", state="revoked"), "certificate"),
    "abandoned": (_state("certificate", state="abandoned"), "certificate"),
    "expired": (_expired, "certificate"),
    "of a file": (_state("certificate", card_id=None), "card"),
    "card verification": (_state("certificate", profile="card-verification"), "card"),
    "retired card": (_state("card", status="retired"), "card"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refused_all_alike(world: World, signer: CardSigner, name: str) -> None:
    spoil, why = REFUSALS[name]
    answer = spoil(signer)
    assert (answer.status_code, answer.content) == (403, nonsense(world).content)
    told = {"by": "card", "why": why}
    assert audited(world, "session.refused")[-2] == told, "the audit log alone tells"
    assert "token" not in answer.text


def nonsense(world: World) -> Response:
    """What there is to hear for who has nothing at all."""
    stranger = CardSigner(world, NOBODY, None, FOREIGN_KEY)
    answer = stranger.send(stranger.nonce(), b"\x30\x00")
    assert answer.json()["code"] == "R210"
    return answer


def test_another_customers_card_is_refused(world: World, signer: CardSigner, bob: Caller) -> None:
    """Bob's own card, right in all but the name; and alice's with his name."""
    as_alice = replace(CardSigner.of(world, bob), identifier=signer.identifier)
    as_bob = replace(signer, identifier="ID-bob")
    for forger in (as_alice, as_bob):
        answer = forger.sign_in()
        assert (answer.status_code, answer.content) == (403, nonsense(world).content)
        assert audited(world, "session.refused")[-2]["why"] == "holder"


def test_another_units_card_is_refused(world: World, signer: CardSigner) -> None:
    """A unit of the same rules, with a customer of the same identifier."""
    world.twin_unit("twin")
    world.customer("alice", unit="twin")
    answer = replace(signer, unit="twin").sign_in()
    assert (answer.status_code, answer.content) == (403, nonsense(world).content)


@pytest.mark.parametrize(
    "options", ["-noattr", "-nocerts", "-md sha384", "-md sha1", "-keyopt rsa_padding_mode:pss"]
)
def test_other_ways_to_sign_are_refused(
    world: World, signer: CardSigner, tmp_path: Path, options: str
) -> None:
    nonce = signer.nonce()
    answer = signer.send(nonce, by_openssl(signer, signer.statement(nonce), tmp_path, *options.split()))
    assert (answer.status_code, answer.content) == (403, nonsense(world).content)


def test_two_signers_are_refused(world: World, signer: CardSigner, bob: Caller, tmp_path: Path) -> None:
    other = CardSigner.of(world, bob)
    (tmp_path / "other.pem").write_bytes(
        other.pem() + other.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    nonce = signer.nonce()
    signed = by_openssl(signer, signer.statement(nonce), tmp_path, "-signer", "other.pem")
    assert signer.send(nonce, signed).content == nonsense(world).content


def test_every_changed_part_is_noticed(world: World, signer: CardSigner) -> None:
    """In statement, certificate, signed attributes and signature; and what is cut short."""
    heard, nonce = nonsense(world).content, signer.nonce()
    statement, certificate = signer.statement(nonce), signer.held.public_bytes(Encoding.DER)
    signed = signer.signed(statement)
    signature = len(signed) - 256
    places = {
        *range(signed.index(statement), signed.index(statement) + len(statement), 40),
        *range(signed.index(certificate), signed.index(certificate) + len(certificate), 150),
        *(signature - 30, signature - 60, signature, len(signed) - 1),
    }
    for place in places:
        changed = bytearray(signed)
        changed[place] ^= 0x01
        for message in (bytes(changed), signed[:place]):
            give_nonce(signer, nonce)
            assert (place, signer.send(nonce, message).content) == (place, heard)
    give_nonce(signer, nonce)
    assert signer.send(nonce, signed).status_code == 201


def give_nonce(signer: CardSigner, nonce: str) -> None:
    """The same once more, as a challenge would give another one."""
    ra = signer.world.ra
    with ra.act("test") as act:
        tag = ra.tags.tag("card-challenge", signer.unit, signer.identifier)
        act.db.merge(CardChallenge(nonce=nonce, tag=tag, expires_at=act.now + timedelta(minutes=5)))


def test_of_many_at_once_one_gets_in(signer: CardSigner) -> None:
    nonce = signer.nonce()
    signed = signer.signed(signer.statement(nonce))
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda _: signer.send(nonce, signed).status_code, range(4)))
    assert sorted(codes) == [201, 403, 403, 403]


@pytest.mark.parametrize("identifier", ["\x00", "王", "a\u202eb", "x" * 64, "\ud800"])
def test_whatever_somebody_calls_himself(signer: CardSigner, identifier: str) -> None:
    """Text that nobody's name can be, too: the same answer, or that it cannot be read."""
    stranger = replace(signer, identifier=identifier)
    challenge = stranger.challenge()
    if challenge.status_code == 400:
        assert challenge.json()["code"] == "R108"
    else:
        assert stranger.send(challenge.json()["nonce"], b"nothing").json()["code"] == "R210"


def test_suspension_is_told_to_the_holder_alone(world: World, signer: CardSigner) -> None:
    with world.ra.act("test") as act:
        tries.suspend(act, UNIT, "alice")
    assert signer.sign_in(purpose="other").content == nonsense(world).content
    answer = signer.sign_in()
    assert (answer.status_code, answer.json()["code"]) == (403, "R204")


def test_units_without_card_sign_in(world: World, signer: CardSigner) -> None:
    nonce = signer.nonce()
    world.let_cards_sign_in(allowed=False)
    for answer in (signer.challenge(), signer.send(nonce, signer.signed(signer.statement(nonce)))):
        assert (answer.status_code, answer.json()["code"]) == (403, "R208")
    assert replace(signer, unit="nowhere").challenge().json()["code"] == "R107"


# --- captcha, limits, and what nobody learns ------------------------------------------------------


def test_a_challenge_takes_a_captcha_once(world: World, signer: CardSigner) -> None:
    world.let_cards_sign_in(captcha=True)
    captcha = world.captcha()
    assert signer.challenge(captcha=captcha).status_code == 201
    assert signer.challenge(captcha=captcha).json()["code"] == "R203"
    assert signer.challenge(captcha=None).json()["code"] == "R202"
    wrong = {**world.captcha(), "answer": "x"}
    assert [signer.challenge(captcha=wrong).json()["code"] for _ in range(2)] == ["R202", "R203"]
    with world.ra.act(write=False) as act:
        assert act.db.query(CardChallenge).count() == 1


def test_old_challenges_are_swept_away(world: World, signer: CardSigner) -> None:
    signer.nonce()
    world.advance(5 * MINUTE + 1)
    signer.nonce()
    housekeeping.sweep(world.ra)
    with world.ra.act(write=False) as act:
        assert act.db.query(CardChallenge).count() == 1


def test_attempts_are_limited_by_identifier_and_address(settings: Settings) -> None:
    limits = Limits(sign_ins_per_account=1, sign_ins_per_address=3, captchas_per_address=100)
    narrow = Settings(data=settings.data, url=ORIGIN, demo=True, limits=limits)
    with TestClient(create_app(narrow), base_url=ORIGIN) as client:
        world = World(client, ra_of(client))
        one, two, three = (CardSigner(world, name, None, FOREIGN_KEY) for name in "abc")
        world.let_cards_sign_in()
        world.begin_minute()
        nonce = one.nonce()
        assert one.challenge().status_code == 429
        assert [one.send(nonce, b"x").status_code for _ in range(2)] == [403, 429]
        assert two.challenge().status_code == 201
        assert three.challenge().json()["code"] == "R106"
        world.advance(MINUTE + 1)
        assert three.challenge().status_code == 201


@contextmanager
def questions(world: World) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    engine = world.ra.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_who_exists_is_not_told(world: World, signer: CardSigner, bob: Caller) -> None:
    """Known, unknown and suspended: the same answers, from the same questions to the database."""
    world.customer("carol")
    with world.ra.act("test") as act:
        tries.suspend(act, UNIT, "carol")
    mine = CardSigner.of(world, bob)
    mine.sign_in()  # from now on this address has been seen
    seen = set()
    for name in (signer.identifier, NOBODY, "ID-carol"):
        forger = replace(mine, identifier=name)
        with questions(world) as asked:
            challenge = forger.challenge()
        nonce = challenge.json()["nonce"]
        signed = forger.signed(forger.statement(nonce))
        with questions(world) as asked_then:
            refused = forger.send(nonce, signed)
        shape = tuple((key, len(value)) for key, value in challenge.json().items())
        seen.add(
            (challenge.status_code, shape, *asked, "|", *asked_then, refused.status_code, refused.content)
        )
    assert len(seen) == 1
    (told,) = seen
    assert len(told) > 10, "the database was asked"


# --- what the session may do --------------------------------------------------------------------


@pytest.mark.parametrize("act", ["suspension", "revocation"])
def test_the_certificate_takes_its_sessions_along(
    world: World, signer: CardSigner, alice: Caller, act: str
) -> None:
    by_card = caller_of(signer, alice)
    assert by_card.get("/certificates").status_code == 200
    registrar = world.officer_caller("may", Role.REGISTRAR)
    reason = {"reason": "keyCompromise"} if act == "revocation" else {}
    registrar.post(f"/certificates/{signer.serial()}/{act}", {"form": "R-1", **reason})
    assert by_card.get("/certificates").json()["code"] == "R206"
    assert alice.get("/certificates").status_code == 200


def test_it_may_sign_out(signer: CardSigner, alice: Caller) -> None:
    by_card = caller_of(signer, alice)
    assert by_card.delete("/sessions/current").status_code == 204
    assert by_card.get("/account").json()["code"] == "R206"


def test_the_nonce_is_random_and_five_minutes_old_at_most(world: World, signer: CardSigner) -> None:
    first, second = signer.challenge().json(), signer.challenge().json()
    assert first["nonce"] != second["nonce"]
    assert len(bytes.fromhex(first["nonce"])) == 32
    with world.ra.act(write=False) as act:
        row = act.db.get_one(CardChallenge, first["nonce"])
        assert signer.identifier not in row.tag
