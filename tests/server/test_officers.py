"""Officers: made on the command line, signed in with two factors, held to their roles."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest

from server_stub import totp
from server_stub.__main__ import main
from server_stub.officers import LOCKED_AFTER, Role
from tests.server.world import Caller, OfficerPerson, World

RFC_KEY = b"12345678901234567890"


@pytest.fixture
def officer(world: World) -> OfficerPerson:
    return world.officer("may", Role.REGISTRAR)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    """Appendix B, the last six digits."""
    assert totp.code(RFC_KEY, seconds // totp.STEP_SECONDS) == code


def test_a_session_tells_name_and_roles_and_can_be_ended(world: World) -> None:
    caller = world.officer_caller("may", Role.REGISTRAR, Role.AUDITOR)
    session = caller.get("/sessions/current").json()
    assert (session["name"], session["roles"]) == ("may", ["auditor", "registrar"])
    headers = {"Authorization": f"Bearer {caller.token}", "Idempotency-Key": Caller.fresh_key()}
    assert world.client.delete("/api/v1/officer/sessions/current", headers=headers).status_code == 204
    assert caller.get("/sessions/current").json()["code"] == "R206"


def test_a_session_ends_by_itself(world: World) -> None:
    caller = world.officer_caller("may", Role.REGISTRAR)
    world.advance(1801)
    assert caller.get("/sessions/current").json()["code"] == "R206"


def test_a_code_works_once(world: World, officer: OfficerPerson) -> None:
    code = officer.code(world.now())
    assert officer.sign_in(code).status_code == 201
    assert officer.sign_in(code).json()["code"] == "R201"


def test_codes_of_neighbouring_steps_work_and_older_ones_do_not(world: World, officer: OfficerPerson) -> None:
    now = world.begin_minute()
    assert officer.sign_in(officer.code(now - timedelta(seconds=90))).json()["code"] == "R201"
    assert officer.sign_in(officer.code(now - timedelta(seconds=30))).status_code == 201


def test_after_some_errors_nothing_helps_but_the_operator(world: World, officer: OfficerPerson) -> None:
    wrong_code = f"{(int(officer.code(world.now())) + 1) % 10**6:06d}"
    left = [officer.sign_in(wrong_code).json().get("attempts_left") for _ in range(LOCKED_AFTER)]
    assert left == [4, 3, 2, 1, None]
    assert officer.sign_in(officer.code(world.now())).json()["code"] == "R204"


def test_a_name_that_does_not_exist_answers_the_same(world: World, officer: OfficerPerson) -> None:
    nobody = OfficerPerson(world.client, "nobody", officer.totp_key)
    answers = [
        [
            (one.status_code, one.json())
            for one in (person.sign_in("000000", "Wrong password") for _ in range(6))
        ]
        for person in (officer, nobody)
    ]
    assert answers[0] == answers[1]


def test_a_locked_officers_session_ends(world: World) -> None:
    caller = world.officer_caller("may", Role.REGISTRAR)
    person = OfficerPerson(world.client, "may", b"x" * 20)
    for _ in range(LOCKED_AFTER):
        person.sign_in("000000", "Wrong password")
    assert caller.get("/sessions/current").json()["code"] == "R204"


def test_customers_are_not_officers_nor_the_reverse(world: World, alice: Caller) -> None:
    officer = world.officer_caller("may", Role.REGISTRAR)
    assert alice.get("/officer/certificates?identifier=ID-alice").json()["code"] == "R206"
    assert Caller(world.client, alice.person, officer.token).get("/account").json()["code"] == "R206"


def _run(*arguments: str, data: Path) -> int:
    return main(["officer", *arguments, "--data", str(data)])


def test_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for typed, arguments, status, said in (
        (
            "A long enough one\n",
            ("add", "may", "--role", "registrar"),
            0,
            "otpauth://totp/CardTool%20RA:may?secret=",
        ),
        ("A long enough one\n", ("add", "may", "--role", "registrar"), 2, "there is an officer of that name"),
        ("short\n", ("add", "june", "--role", "registrar"), 2, "at least 12"),
        ("A long enough one\n", ("add", "june", "--role", "king"), 2, "auditor"),
        ("A long enough one\n", ("add", "june"), 2, "--role"),
        ("", ("unlock", "may"), 0, "unlocked"),
    ):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        assert _run(*arguments, data=tmp_path / "ra") == status
        printed = capsys.readouterr()
        assert said in printed.out + printed.err
        assert "long enough" not in printed.out + printed.err
