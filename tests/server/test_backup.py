"""Backup and restore: a whole copy while work goes on, and an RA made of it that gives nothing out twice."""

from __future__ import annotations

import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from fastapi import FastAPI
from sqlalchemy import select

from server_stub import presence, standing
from server_stub.__main__ import main
from server_stub.app import open_ra
from server_stub.backup import bundle
from server_stub.backup.bundle import BackupDamaged
from server_stub.backup.make import backup
from server_stub.backup.restore import RestoreRefused, restore
from server_stub.db.engine import Database
from server_stub.db.migrate import migrate
from server_stub.db.models import Certificate, PracticeDebit
from server_stub.demo.bank import PracticeBank
from server_stub.officers import Role
from server_stub.ra import Ra
from server_stub.seals import Notary
from server_stub.settings import Settings
from tests.server import paying
from tests.server.card_signer import CardSigner
from tests.server.world import Caller, World


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "copy.tar"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    return tmp_path / "restored"


def serial_of(order: dict[str, str]) -> int:
    return x509.load_pem_x509_certificate(order["certificate"].encode()).serial_number


def bring_back(app: FastAPI, settings: Settings, data: Path, person: Caller) -> Caller:
    """The same person, signed in at the restored RA."""
    ra = open_ra(replace(settings, data=data))
    app.state.ra = ra
    return World(person.client, ra).sign_in(person.person)


def test_the_copy_is_private_and_described(alice: Caller, settings: Settings, tmp_path: Path) -> None:
    alice.issue()
    path, manifest = backup(settings, tmp_path)
    assert path.parent == tmp_path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {"ra.sqlite", "master.key", "tag.key", "audit.key", "ca/issuing.key"} <= set(manifest.files)
    assert "exchange.toml" in manifest.units
    assert not list(settings.data.glob(".backup-*")), "nothing stays behind"


def test_a_backup_is_never_overwritten(alice: Caller, settings: Settings, copy: Path) -> None:
    backup(settings, copy)
    before = copy.read_bytes()
    with pytest.raises(FileExistsError):
        backup(settings, copy)
    assert copy.read_bytes() == before


def test_under_load_each_copy_is_one_moment(world: World, ra: Ra, settings: Settings, tmp_path: Path) -> None:
    """Writers and the notary never pause; every copy verifies, and loses nothing that was there before it."""
    notary, stop, done = Notary.open(settings.data), threading.Event(), [0, 0]
    began = [threading.Event(), threading.Event()]

    def work(which: int) -> None:
        while not stop.is_set():
            if which:
                notary.seal(ra)
            with ra.act("load") as act:
                act.record("load", str(which))
            done[which] += 1
            began[which].set()

    threads = [threading.Thread(target=work, args=(which,)) for which in (0, 1)]
    for thread in threads:
        thread.start()
    try:
        assert all(one.wait(60) for one in began)
        for number in range(5):
            before = sum(done)
            path, manifest = backup(settings, tmp_path / f"{number}.tar")
            assert manifest.entries >= before
            restore(path, tmp_path / f"restored-{number}", replace=False)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_orders_from_before_and_after_the_backup(
    app: FastAPI, alice: Caller, bob: Caller, settings: Settings, copy: Path, elsewhere: Path
) -> None:
    open_order = alice.order()
    alice.authorise(open_order["id"])
    backup(settings, copy)
    lost = [serial_of(alice.request(open_order["id"]).json()), serial_of(bob.issue())]

    restore(copy, elsewhere, replace=False)
    alice = bring_back(app, settings, elsewhere, alice)
    again = alice.request(open_order["id"])
    assert again.status_code == 200, "an order from before goes on where the backup stood"
    bob = bring_back(app, settings, elsewhere, bob)
    issued = [serial_of(again.json()), serial_of(bob.issue())]
    assert not set(issued) & set(lost), "no serial twice"
    ra: Ra = app.state.ra
    with ra.act(write=False) as act:
        assert [standing.look_up(act, serial) for serial in lost] == [None, None], "never good"
        assert Notary.open(elsewhere).verify(act.db) > 0


def test_a_session_ended_meanwhile_does_not_come_back(
    app: FastAPI, alice: Caller, settings: Settings, copy: Path, elsewhere: Path
) -> None:
    backup(settings, copy)
    restore(copy, elsewhere, replace=False)
    app.state.ra = open_ra(replace(settings, data=elsewhere))
    assert alice.get("/account").status_code == 401


def test_a_card_challenge_used_meanwhile_does_not_come_back(
    app: FastAPI, world: World, alice: Caller, settings: Settings, copy: Path, elsewhere: Path
) -> None:
    world.let_cards_sign_in()
    signer = CardSigner.of(world, alice)
    nonce = signer.nonce()
    signed = signer.signed(signer.statement(nonce))
    backup(settings, copy)
    assert signer.send(nonce, signed).status_code == 201
    restore(copy, elsewhere, replace=False)
    bring_back(app, settings, elsewhere, alice)
    assert signer.send(nonce, signed).json()["code"] == "R210"


def test_an_approval_used_up_meanwhile_does_not_come_back(
    app: FastAPI, world: World, alice: Caller, settings: Settings, copy: Path, elsewhere: Path
) -> None:
    body = {"kind": "pin-reset", "card_id": alice.card.card_id, "form": "P-7"}
    asked = world.officer_caller("rita", Role.REGISTRAR).post("/approvals", body).json()["id"]
    confirmed = world.officer_caller("otto", Role.APPROVER).post(f"/approvals/{asked}/confirmation", None)
    assert confirmed.json()["state"] == "confirmed"
    backup(settings, copy)
    restore(copy, elsewhere, replace=False)
    back = bring_back(app, settings, elsewhere, alice)
    assert back.get(f"/cards?key={alice.card.fingerprint}").json()["pin_reset_until"] is None


def test_a_debit_made_after_the_backup_is_not_made_twice(
    app: FastAPI, world: World, alice: Caller, settings: Settings, copy: Path, elsewhere: Path, tmp_path: Path
) -> None:
    """The bank has books of its own, which no backup of the RA turns back."""
    bank = Database(f"sqlite:///{tmp_path / 'bank.sqlite'}")
    migrate(bank)
    payer = paying.with_certificate(world, alice)
    world.let_pay()
    app.state.ra = world.ra = replace(world.ra, bank=PracticeBank(bank))
    order = paying.renew(payer)["id"]
    backup(settings, copy)
    assert paying.debit(payer, order, paying.GIRO).status_code == 200

    restore(copy, elsewhere, replace=False)
    payer = bring_back(app, settings, elsewhere, payer)
    policies = world.ra.policies
    app.state.ra = replace(app.state.ra, bank=PracticeBank(bank), policies=policies)
    assert paying.debit(payer, order, paying.PASSBOOK).json()["fee"]["state"] == "reserved"
    assert paying.ask(payer, order).json()["state"] == "issued"
    with bank.session(write=False) as books:
        assert [(row.state, row.amount) for row in books.scalars(select(PracticeDebit))] == [("captured", 60)]
    bank.close()


def test_revocations_come_back_from_the_last_list(
    alice: Caller, ra: Ra, settings: Settings, copy: Path, elsewhere: Path
) -> None:
    serial = serial_of(alice.issue())
    backup(settings, copy)
    with ra.act("test") as act:
        standing.revoke(act, act.db.get_one(Certificate, f"{serial:x}"), "keyCompromise")
    crl = copy.with_suffix(".crl")
    crl.write_bytes(alice.client.get("/ca/issuing.crl").content)

    assert restore(copy, elsewhere, replace=False, crl=crl).revoked == 1
    revived = open_ra(replace(settings, data=elsewhere))
    with revived.act(write=False) as act:
        found = standing.look_up(act, serial)
    revived.close()
    assert found is not None
    assert found.reason == "keyCompromise"


def test_a_list_of_another_ca_is_refused(
    alice: Caller, settings: Settings, copy: Path, elsewhere: Path
) -> None:
    backup(settings, copy)
    crl = copy.with_suffix(".crl")
    crl.write_bytes(alice.client.get("/ca/root.crl").content)
    with pytest.raises(RestoreRefused, match="not of this CA"):
        restore(copy, elsewhere, replace=False, crl=crl)
    assert not elsewhere.exists()


def test_a_living_ra_is_never_overwritten(alice: Caller, settings: Settings, copy: Path) -> None:
    backup(settings, copy)
    assert presence.is_in_use(settings.data)
    for force in (False, True):
        with pytest.raises(RestoreRefused, match="running"):
            restore(copy, settings.data, replace=force)


def test_a_folder_with_something_in_it_is_kept(
    alice: Caller, settings: Settings, copy: Path, elsewhere: Path
) -> None:
    backup(settings, copy)
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("x")
    with pytest.raises(RestoreRefused, match="not empty"):
        restore(copy, elsewhere, replace=False)
    kept = restore(copy, elsewhere, replace=True).kept
    assert kept is not None
    assert (kept / "precious").read_text() == "x"
    assert (elsewhere / "ra.sqlite").exists()


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_damaged_copy_changes_nothing(
    alice: Caller, settings: Settings, copy: Path, elsewhere: Path, place: float
) -> None:
    backup(settings, copy)
    content = bytearray(copy.read_bytes())
    content[int(len(content) * place)] ^= 1
    copy.write_bytes(content)
    with pytest.raises(BackupDamaged):
        restore(copy, elsewhere, replace=False)
    assert not list(elsewhere.parent.glob("*restor*")), "no keys left lying about"


def test_a_shortened_copy_is_refused(alice: Caller, settings: Settings, copy: Path, elsewhere: Path) -> None:
    backup(settings, copy)
    content = copy.read_bytes()
    copy.write_bytes(content[: len(content) // 2])
    with pytest.raises(BackupDamaged):
        restore(copy, elsewhere, replace=False)
    assert not elsewhere.exists()


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "ca/../../evil", "ca/.hidden", "running/1.lock"])
def test_a_member_of_another_name_is_written_nowhere(name: str) -> None:
    assert not bundle.is_member(name)


def test_the_commands(
    alice: Caller, settings: Settings, copy: Path, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(settings.data)]
    assert main(["backup", *data, str(copy)]) == 0
    assert main(["backup", *data, "--db", "postgresql+psycopg://h/d", str(copy) + "2"]) == 1
    assert "pg_dump" in capsys.readouterr().err
    assert main(["restore", "--data", str(elsewhere), str(copy)]) == 0
    assert "audit log whole" in capsys.readouterr().out
    assert main(["restore", "--data", str(elsewhere), str(copy)]) == 1
    assert main(["audit", "verify", "--data", str(elsewhere)]) == 0
