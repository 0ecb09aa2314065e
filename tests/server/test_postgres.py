"""The RA on PostgreSQL with several workers: the same road, one audit chain, and what one does the others tell."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from starlette.testclient import TestClient

from bench import ra_world
from server_stub import card_sign_in, debits, logs, standing, tries
from server_stub.__main__ import main
from server_stub.app import open_ra
from server_stub.card_sign_in import Claim, Proof
from server_stub.db import postgresql
from server_stub.db.engine import Database
from server_stub.db.errors import DatabaseBusy
from server_stub.db.migrate import migrate
from server_stub.db.models import Base, Certificate, Debit, Order
from server_stub.problems import Problem
from server_stub.ra import Ra
from server_stub.seals import Notary
from server_stub.settings import Settings
from tests.server import paying
from tests.server.card_signer import CardSigner
from tests.server.world import UNIT, Caller, World
from tests.support import postgres
from tests.support.postgres import Cluster
from tests.support.ra_process import Place, enrol, serving

pytestmark = postgres.NEEDED
THREADS, ACTS = 4, 10


@pytest.fixture
def url(cluster: Cluster) -> str:
    return cluster.new_database()


@pytest.fixture
def settings(settings: Settings, url: str) -> Settings:
    return replace(settings, database=url)


@pytest.fixture
def ra(settings: Settings) -> Iterator[Ra]:
    ra = open_ra(settings)
    yield ra
    ra.close()


@pytest.fixture
def other(ra: Ra) -> Iterator[Ra]:
    """Another worker: nothing but data folder and database in common."""
    other = open_ra(ra.settings)
    yield other
    other.close()


def test_workers_that_start_together_make_the_tables_once(url: str) -> None:
    with ExitStack() as stack, ThreadPoolExecutor(THREADS) as pool:
        databases = [Database(url) for _ in range(THREADS)]
        for database in databases:
            stack.callback(database.close)
        list(pool.map(migrate, databases))
        with databases[0].engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_a_customer_gets_a_certificate(world: World) -> None:
    alice = world.customer("alice")
    token = world.try_sign_in("alice", alice.password).json()["token"]
    caller = Caller(world.client, alice, token)
    issued = caller.issue()
    assert caller.stored(issued["id"], issued["certificate"]).json()["state"] == "stored"
    (listed,) = caller.get("/certificates").json()["certificates"]
    assert (listed["state"], listed["pem"]) == ("valid", issued["certificate"])
    assert caller.get("/account").json()["registration"] == "used"


def test_what_no_text_can_hold_is_refused(world: World) -> None:
    """SQLite keeps U+0000 in a text, PostgreSQL does not."""
    answer = world.try_sign_in("a\0b", "Correct8horse")
    assert (answer.status_code, answer.json()["code"]) == (400, "R108")


def test_the_audit_log_does_not_fork(ra: Ra, other: Ra) -> None:
    def work(worker: Ra) -> None:
        for number in range(ACTS):
            with worker.act("test") as act:
                act.record("something.done", f"thing-{number}")

    with ThreadPoolExecutor(2 * THREADS) as pool:
        list(pool.map(work, [ra, other] * THREADS))
    with other.act(write=False) as act:
        assert Notary.open(ra.settings.data).verify(act.db) == 2 * THREADS * ACTS


def test_two_workers_debit_once(world: World, other: Ra) -> None:
    payer = paying.with_certificate(world, world.sign_in(world.customer("alice")))
    world.let_pay()
    order = paying.renew(payer)["id"]

    def pay(worker: Ra) -> None:
        def intend() -> Debit:
            with worker.act("test") as act:
                return debits.intend(act, act.db.get_one(Order, order), "giro", paying.GIRO)

        debits.obtain(worker, intend)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(pay, [world.ra, replace(other, policies=world.ra.policies)] * (THREADS // 2)))
    assert paying.books(other) == {"reserved": paying.AMOUNT}
    assert paying.told(other) == ["debit.intended", "debit.reserved"]


def test_no_wrong_password_is_forgotten(ra: Ra, other: Ra) -> None:
    """Guesses at several workers at once cannot outrun the counter."""
    unit = ra.policy(UNIT).unit.model_copy(update={"suspension_after": THREADS})

    def guess(worker: Ra) -> int:
        with pytest.raises(Problem) as wrong, worker.act("test") as act:
            raise tries.wrong(act, unit, "alice")
        return int(wrong.value.members.get("attempts_left", 0))

    with ThreadPoolExecutor(THREADS) as pool:
        left = list(pool.map(guess, [ra, other] * (THREADS // 2)))
    assert sorted(left) == list(range(THREADS))


def test_a_card_challenge_is_good_at_one_worker_only(world: World, ra: Ra, other: Ra) -> None:
    world.let_cards_sign_in()
    signer = CardSigner.of(world, world.sign_in(world.customer("alice")))
    nonce = signer.nonce()
    proof = Proof(nonce, signer.signed(signer.statement(nonce)))

    def sign_in(worker: Ra) -> bool:
        try:
            card_sign_in.sign_in(worker, Claim(UNIT, signer.identifier, ""), proof)
        except Problem:
            return False
        return True

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(sign_in, [ra, other] * (THREADS // 2))) == 1


def test_a_change_at_one_worker_is_told_by_the_others_at_once(tmp_path: Path, url: str) -> None:
    """This process is one worker; the other one is asked right after, not after a while."""
    ra, (one,) = ra_world.make(tmp_path, 1, url)
    with serving(Place(tmp_path, url)) as server:
        certificate = x509.load_pem_x509_certificate(enrol(server.url, one).encode())
        issuer = ra.authority.chain[0]
        good, held = ("GOOD", "GOOD", None), ("REVOKED", "REVOKED", "certificateHold")
        assert told(server.url, certificate, issuer) == good
        for change, expected in ((standing.suspend, held), (standing.resume, good), (standing.suspend, held)):
            with ra.act("test") as act:
                change(act, act.db.get_one(Certificate, f"{certificate.serial_number:x}"), "form")
            assert told(server.url, certificate, issuer) == expected
    ra.close()


def told(url: str, certificate: x509.Certificate, issuer: x509.Certificate) -> tuple[str, str, str | None]:
    """OCSP's word with a nonce and without one, and the reason in the revocation list."""
    question = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, SHA256())
    questions = (question.add_extension(x509.OCSPNonce(b"n" * 16), critical=False), question)
    fresh, kept = (_status(url, each.build()) for each in questions)
    revocations = x509.load_der_x509_crl(httpx2.get(f"{url}/ca/issuing.crl").content)
    entry = revocations.get_revoked_certificate_by_serial_number(certificate.serial_number)
    reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value if entry else None
    return fresh, kept, reason


def _status(url: str, question: ocsp.OCSPRequest) -> str:
    answer = httpx2.post(f"{url}/ocsp", content=question.public_bytes(Encoding.DER))
    return ocsp.load_der_ocsp_response(answer.content).certificate_status.name


def test_whose_turn_does_not_come_is_told(ra: Ra, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "_SETTINGS", ("lock_timeout = '50ms'",))
    impatient = Database(url)
    with ra.database.session(write=True) as db:
        db.connection()
        with pytest.raises(DatabaseBusy), impatient.session(write=True) as waiting:
            waiting.connection()
        with impatient.session(write=False) as reading:
            reading.connection()  # who only reads waits for nobody
    impatient.close()


def test_connections_that_were_cut_are_made_anew(client: TestClient, ra: Ra, cluster: Cluster) -> None:
    assert client.get("/health").status_code == 200
    with cluster.connect("postgres") as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        connection.execute(others, [ra.database.engine.url.database])
    assert client.get("/health").status_code == 200


UNUSABLE = {
    "postgresql+psycopg:///ra?host=/nowhere": "/nowhere",
    "postgresql+psycopg://ra:Secret5word@h/d": "password file",
    "postgresql+psycopg://h/d?password=Secret5word": "password file",
    "oracle://h/d": "",
    "nonsense": "",
}


@pytest.mark.parametrize("url", UNUSABLE)
@pytest.mark.parametrize("command", [["serve", "--listen", "127.0.0.1:0"], ["migrate"], ["audit", "verify"]])
def test_a_database_that_cannot_be_used_is_told(
    tmp_path: Path,
    url: str,
    command: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logs, "configure", lambda: None)  # it would take this process's logs from pytest
    assert main([*command, "--data", str(tmp_path), "--db", url]) == 2
    told = capsys.readouterr().err
    assert told.startswith("cardtool-ra: the database cannot be used: ")
    assert UNUSABLE[url] in told
    assert "Secret5word" not in told
