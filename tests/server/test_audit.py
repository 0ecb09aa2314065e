"""The audit log: written with the act, and no change to it goes unseen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from server_stub.__main__ import main
from server_stub.audit import entry_hash
from server_stub.db.models import AuditEntry, AuditHead
from server_stub.ra import Ra
from server_stub.seals import AuditBroken, Notary
from server_stub.settings import Settings
from tests.server.world import Caller


@pytest.fixture
def notary(settings: Settings) -> Notary:
    return Notary.open(settings.data)


@pytest.fixture
def log(ra: Ra, notary: Notary) -> Ra:
    """Twenty entries, the first fifteen under a signed head."""
    for number in range(1, 21):
        with ra.act("test") as act:
            act.record("something.done", f"thing-{number}", count=number, text="文字")
        if number == 15:
            notary.seal(ra)
    return ra


def verify(ra: Ra, notary: Notary) -> int:
    with ra.act(write=False) as act:
        return notary.verify(act.db)


def test_a_whole_log_is_whole(log: Ra, notary: Notary) -> None:
    assert verify(log, notary) == 20


def test_an_empty_log_is_whole(ra: Ra, notary: Notary) -> None:
    assert verify(ra, notary) == 0


TAMPERING = {
    "changed": "UPDATE audit SET subject = 'other' WHERE number = 7",
    "time changed": "UPDATE audit SET time = time + 1 WHERE number = 7",
    "deleted": "DELETE FROM audit WHERE number = 7",
    "first deleted": "DELETE FROM audit WHERE number = 1",
    "reordered": "UPDATE audit SET number = CASE number WHEN 7 THEN -8 ELSE -7 END WHERE number IN (7, 8);"
    "UPDATE audit SET number = -number WHERE number < 0",
    "cut": "DELETE FROM audit WHERE number > 18",
    "emptied": "DELETE FROM audit; DELETE FROM audit_head; DELETE FROM audit_seals",
    "head moved": "UPDATE audit_head SET number = 19",
}


@pytest.mark.parametrize("statements", TAMPERING.values(), ids=TAMPERING.keys())
def test_tampering_is_seen(log: Ra, notary: Notary, statements: str) -> None:
    with log.act("test") as act:
        for statement in statements.split(";"):
            act.db.execute(text(statement))
    with pytest.raises(AuditBroken):
        verify(log, notary)


def _rehash(db: Session, upto: int) -> None:
    """Whoever owns the database can make the chain fit again…"""
    previous = "0" * 64
    for entry in db.query(AuditEntry).order_by(AuditEntry.number):
        if entry.number == 3:
            entry.subject = "forged"
        if entry.number > upto:
            db.delete(entry)
            continue
        entry.previous = previous
        entry.hash = previous = entry_hash(entry)
        db.merge(AuditHead(id=1, number=entry.number, hash=entry.hash))


@pytest.mark.parametrize(("upto", "why"), [(20, "seal"), (10, "cut")])
def test_a_chain_made_anew_fails_at_the_signed_heads(log: Ra, notary: Notary, upto: int, why: str) -> None:
    """…but not the signed heads, of which the file outside the database remembers each."""
    with log.act("test") as act:
        _rehash(act.db, upto)
        act.db.execute(text("DELETE FROM audit_seals"))
    with pytest.raises(AuditBroken) as broken:
        verify(log, notary)
    assert broken.value.why == why


def test_a_forged_signed_head_is_refused(log: Ra, notary: Notary, tmp_path: Path) -> None:
    Notary.open(tmp_path).seal(log)
    with pytest.raises(AuditBroken) as broken:
        verify(log, notary)
    assert broken.value.why == "seal"


def test_the_command_says_whether_it_is_whole(
    log: Ra, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["audit", "verify", "--data", str(settings.data)]
    assert main(command) == 0
    assert "20 entries" in capsys.readouterr().out
    with log.act("test") as act:
        act.db.execute(text("DELETE FROM audit WHERE number = 7"))
    assert main(command) == 1
    assert "entry 7" in capsys.readouterr().err


def _actions(ra: Ra) -> list[str]:
    with ra.act(write=False) as act:
        return [entry.action for entry in act.db.query(AuditEntry).order_by(AuditEntry.number)]


def test_an_application_leaves_its_trail(ra: Ra, alice: Caller) -> None:
    issued = alice.issue()
    alice.stored(issued["id"], issued["certificate"])
    expected = [
        "order.created",
        "card.verified",
        "relay.opened",
        "relay.witnessed",
        "relay.done",
        "order.authorised",
        "certificate.intended",
        "certificate.issued",
        "order.issued",
        "order.stored",
    ]
    assert [action for action in _actions(ra) if action in expected] == expected
    with ra.act(write=False) as act:
        actors = {
            entry.actor for entry in act.db.query(AuditEntry).filter(AuditEntry.action == "order.stored")
        }
    assert actors == {"exchange/alice"}


def test_what_is_rolled_back_leaves_no_trail(ra: Ra) -> None:
    def fail(act_: Callable[[], None]) -> None:
        act_()
        raise RuntimeError

    with pytest.raises(RuntimeError), ra.act("test") as act:
        fail(lambda: act.record("something.done", "thing"))
    assert _actions(ra) == []
