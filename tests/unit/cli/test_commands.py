"""The contract of docs/commands.md: exit statuses, one object on stdout, everything else on stderr."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardtool.cli.options import NOT_BUILT_YET
from cardtool.pcsc.apdu import INS
from cardtool.words import Words
from server_stub.db.models import Account
from tests.flows.test_gids import filled_card
from tests.support.bench import NEW_PASSWORD, READER, SECOND
from tests.support.ra_answers import cut_off
from tests.support.template import ACCOUNT, GUID, OTHER_GUID, PASSWORD, PIN, PIN_TRIES, WRONG_PIN
from tests.unit.cli.world import ALL_ANSWERS, Ended, Front

ANSWERS = "--answers -"


def without(*names: str) -> dict[str, object]:
    return {name: value for name, value in ALL_ANSWERS.items() if name not in names}


def applied(front: Front) -> Ended:
    ended = front.run(f"apply {ANSWERS} --json", ALL_ANSWERS)
    assert ended.status == 0, ended.err
    return ended


def said(front: Front, code: str, ended: Ended) -> bool:
    """The four things of every failure (spec 1.2, 4) are on stderr, and nothing is on stdout."""
    words = front.words.explain(code)
    assert words is not None
    assert ended.out == ""
    return code in ended.err and words.safety in ended.err and "Traceback" not in ended.err


class TestCards:
    def test_a_person_reads_a_line_a_card(self, front: Front):
        ended = front.run("cards")
        assert ended.status == 0
        assert READER in ended.out
        assert f"{PIN_TRIES} tries left" in ended.out
        assert ended.err == ""

    def test_a_script_reads_one_object(self, front: Front):
        (card,) = front.run("cards --json").json["readers"]
        assert (card["reader"], card["kind"], card["guid"]) == (READER, "piv", GUID.hex())
        assert card["tries_left"] == PIN_TRIES
        assert [held["slot"] for held in card["certificates"]] == ["9E"]

    def test_a_gids_card_is_told_with_its_containers(self, front: Front):
        front.bench.hub.insert(READER, filled_card())
        (card,) = front.run("cards --json").json["readers"]
        assert (card["kind"], card["tries_left"]) == ("gids", 3)
        [container] = card["containers"]
        assert (container["slot"], container["bits"], container["default"]) == ("kxc00", 2048, True)
        assert [held["slot"] for held in card["certificates"]] == ["kxc00"]
        assert "kxc00" in front.run("cards").out

    def test_no_reader(self, front: Front):
        front.bench.hub.unplug(READER)
        assert front.words.text("cli.no_reader") in front.run("cards").out
        assert front.run("cards --json").json == {"readers": []}

    def test_garbage_in_a_slot_is_named_and_hides_nothing(self, front: Front):
        front.bench.card.state.objects[0x5FC105] = bytes.fromhex("70023000710100FE00")
        (card,) = front.run("cards --json").json["readers"]
        assert {"slot": "9A", "error": "R401"} in card["certificates"]
        assert front.run("cards").status == 0

    def test_a_readers_name_is_no_markup(self, front: Front):
        name = "Maker [smart card reader] [/bold]\x1b[31m"
        front.bench.hub.plug(name)
        ended = front.run("cards")
        assert "Maker [smart card reader] [/bold][31m" in ended.out
        assert "\x1b" not in ended.out


class TestApply:
    def test_with_answers(self, front: Front):
        answer = applied(front).json
        assert answer["slot"] == "9A"
        assert answer["resumed"] is False
        assert set(answer) >= {"subject", "issuer", "serial", "not_before", "not_after", "card_id", "order"}

    def test_a_person_reads_facts_and_progress_apart(self, front: Front):
        ended = front.run(f"apply {ANSWERS}", ALL_ANSWERS)
        assert front.words.text("label.valid_until") in ended.out
        assert front.words.act("create-key") in ended.err
        assert front.words.act("create-key") not in ended.out

    def test_accept_terms_may_stand_on_the_command_line(self, front: Front):
        assert front.run(f"apply --accept-terms {ANSWERS}", without("accept_terms")).status == 0

    @pytest.mark.parametrize("name", ["account", "site_password", "accept_terms", "pin"])
    def test_a_missing_answer_is_named(self, front: Front, name: str):
        ended = front.run(f"apply {ANSWERS}", without(name))
        assert ended.status == 2
        assert said(front, "U101", ended)
        assert name in ended.err
        assert front.bench.tries_left() == PIN_TRIES

    def test_a_wrong_pin_is_sent_once(self, front: Front):
        ended = front.run(f"apply {ANSWERS}", {**ALL_ANSWERS, "pin": WRONG_PIN})
        assert ended.status == 4
        assert said(front, "C201", ended)
        assert front.bench.pins_presented() == 1

    def test_a_pin_whose_answer_was_lost_is_not_sent_again(self, front: Front):
        """It may have been wrong: a second VERIFY could cost a second try."""
        front.bench.lose_answer(INS.VERIFY)
        ended = front.run(f"apply {ANSWERS}", {**ALL_ANSWERS, "pin": WRONG_PIN})
        assert ended.status == 4
        assert front.bench.pins_presented() == 1

    def test_one_that_was_right_is_given_again(self, front: Front):
        front.bench.before_act["write"] = lambda: front.bench.hub.reset_by_other(READER)
        ended = front.run(f"apply {ANSWERS} --json", ALL_ANSWERS)
        assert ended.status == 0

    def test_a_wrong_site_password_is_sent_once(self, front: Front):
        ended = front.run(f"apply {ANSWERS}", {**ALL_ANSWERS, "site_password": "wrong999"})
        assert ended.status == 5
        assert said(front, "R201", ended)
        assert len(front.bench.called("POST /sessions")) == 1

    def test_the_ra_cannot_be_reached(self, front: Front):
        front.bench.spoil("GET /units", cut_off)
        ended = front.run(f"apply {ANSWERS} --json", ALL_ANSWERS)
        assert ended.status == 5
        assert ended.json["error"]["code"] == "R101"
        assert ended.json["error"]["title"] == front.words.text("error.R101.title")
        assert "R101" in ended.err

    def test_a_certificate_that_works_is_not_replaced(self, front: Front):
        applied(front)
        with front.bench.office.ra.act("test") as act:
            act.db.query(Account).filter(Account.name == ACCOUNT).one().registration = "approved"
        assert said(front, "C307", front.run(f"apply {ANSWERS}", ALL_ANSWERS))

    def test_the_session_is_kept_also_by_apply(self, front: Front):
        applied(front)
        assert front.run("account data --json").json["account"] == ACCOUNT


class TestSignTest:
    def test_a_verified_signature(self, front: Front):
        applied(front)
        answer = front.run(f"sign-test {ANSWERS} --json", {"pin": PIN}).json
        assert answer["verified"] is True
        assert answer["slot"] == "9A"
        assert bytes.fromhex(answer["message"]).startswith(b"CardTool signature test ")

    def test_without_a_certificate(self, front: Front):
        ended = front.run(f"sign-test {ANSWERS}", {"pin": PIN})
        assert ended.status == 4
        assert said(front, "C409", ended)

    def test_the_pin_is_not_asked_in_vain(self, front: Front):
        front.run(f"sign-test {ANSWERS}", {"pin": PIN})
        assert front.bench.pins_presented() == 0


class TestWhichCard:
    @pytest.fixture(autouse=True)
    def two(self, front: Front) -> None:
        applied(front)
        front.bench.hub.plug(SECOND)
        front.bench.hub.insert(SECOND, front.bench.other)

    def sign(self, front: Front, *more: str) -> Ended:
        return front.run(f"sign-test {ANSWERS}", {"pin": PIN}, *more)

    def test_two_and_none_named(self, front: Front):
        ended = self.sign(front)
        assert ended.status == 4
        assert said(front, "C107", ended)
        assert "2 cards" in ended.err

    def test_by_reader(self, front: Front):
        assert self.sign(front, "--reader", READER).status == 0
        assert said(front, "C409", self.sign(front, "--reader", SECOND))

    def test_by_serial(self, front: Front):
        assert self.sign(front, "--card", str(front.bench.card.state.serial)).status == 0

    def test_by_guid(self, front: Front):
        guid = OTHER_GUID.hex().upper()
        dashed = "-".join((guid[:8], guid[8:12], guid[12:16], guid[16:20], guid[20:]))
        assert said(front, "C409", self.sign(front, "--card", dashed))

    def test_a_reader_that_is_not_there(self, front: Front):
        ended = self.sign(front, "--reader", "Nobody's")
        assert ended.status == 2
        assert said(front, "U104", ended)
        assert "--reader" in ended.err

    def test_a_card_that_is_not_there(self, front: Front):
        ended = self.sign(front, "--card", "1")
        assert ended.status == 4
        assert said(front, "C106", ended)

    def test_that_card_in_another_reader(self, front: Front):
        assert self.sign(front, "--card", GUID.hex(), "--reader", SECOND).status == 4

    def test_an_empty_reader_is_not_mistaken_for_two_cards(self, front: Front):
        front.bench.hub.pull(SECOND)
        assert said(front, "C106", self.sign(front, "--reader", SECOND))

    def test_no_reader_at_all(self, front: Front):
        front.bench.hub.unplug(READER)
        front.bench.hub.unplug(SECOND)
        ended = self.sign(front, "--reader", READER)
        assert ended.status == 6
        assert said(front, "L103", ended)


class TestAccount:
    def test_sign_in_data_password_sign_out(self, front: Front):
        answer = front.run(f"account sign-in {ANSWERS} --json", ALL_ANSWERS).json
        assert answer == {"account": ACCOUNT, "unit": "blue", "kept": True}
        data = front.run("account data --json").json
        assert data["registration"] == "approved"
        changed = front.run(
            f"account password {ANSWERS} --json",
            {"site_password": PASSWORD, "new_site_password": NEW_PASSWORD},
        )
        assert changed.json == {"account": ACCOUNT, "changed": True}
        assert front.run(f"account sign-out {ANSWERS} --json", {}).json == {"signed_out": True}
        assert front.world.dropped == 1
        assert not front.world.ra.has_session

    def test_without_a_keyring_it_is_said_that_the_session_is_not_kept(self, front: Front):
        front.world.keyring = False
        ended = front.run(f"account sign-in {ANSWERS}", ALL_ANSWERS)
        assert ended.status == 1
        assert front.words.text("label.kept") in ended.out
        assert front.words.text("cli.no") in ended.out

    def test_and_a_script_reads_it_too(self, front: Front):
        front.world.keyring = False
        answer = front.run(f"account sign-in {ANSWERS} --json", ALL_ANSWERS).json
        assert (answer["kept"], answer["warnings"]) == (False, ["session_not_kept"])

    def test_another_account(self, front: Front):
        answer = front.run(f"account sign-in {ANSWERS} --json --account neighbour", ALL_ANSWERS).json
        assert answer["account"] == "neighbour"

    def test_a_new_password_against_the_rule_is_not_sent(self, front: Front):
        front.run(f"account sign-in {ANSWERS}", ALL_ANSWERS)
        given = {"site_password": PASSWORD, "new_site_password": "short"}
        assert said(front, "R207", front.run(f"account password {ANSWERS}", given))
        assert front.bench.called("PUT /account/password") == []

    def test_signing_out_forgets_the_session_even_if_the_ra_cannot_be_told(self, front: Front):
        front.run(f"account sign-in {ANSWERS}", ALL_ANSWERS)
        front.bench.spoil("DELETE /sessions/current", cut_off)
        assert front.run(f"account sign-out {ANSWERS}", {}).status == 5
        assert front.world.dropped == 1

    def test_signing_in_by_card_is_not_built_yet(self, front: Front):
        ended = front.run("account sign-in-card")
        assert ended.status == 2
        assert said(front, "U105", ended)


class TestExplain:
    @pytest.mark.parametrize("code", ["C201", "apc-3"])
    def test_a_code(self, front: Front, code: str):
        answer = front.run(f"explain {code} --json").json
        assert answer["code"] == code.upper()
        assert answer["say"]
        assert answer["title"] in front.run(f"explain {code}").out

    def test_no_such_code(self, front: Front):
        assert front.run("explain X999").status == 2


def test_a_report_is_saved_shown_and_explained_by_its_code(front: Front, tmp_path: Path):
    file = tmp_path / "report.txt"
    spoken = front.run("report --json --out", b"", str(file)).json["spoken"]
    assert spoken in file.read_text("utf-8")
    # A report tells its second: what is shown is compared with what the same run saved.
    shown = front.run("report --out", b"", str(file)).out
    assert file.read_text("utf-8") in shown
    assert front.run(f"explain {spoken} --json").json["language"] == "en"


@pytest.mark.parametrize("arguments", ["", "--slot 9A", "show --out FILE"])
def test_what_is_not_there_yet_says_so(front: Front, arguments: str):
    for command in NOT_BUILT_YET:
        ended = front.run(f"{command} {arguments}")
        assert ended.status == 2
        assert said(front, "U105", ended)
        assert command in ended.err


class TestPractice:
    def test_nobody_can_take_it_for_the_real_thing(self, front: Front):
        ended = front.run("cards --practice --json")
        assert front.words.text("cli.practice") in ended.err
        assert ended.json

    def test_who_practises_is_told_what_letters_would_say(self, front: Front):
        ended = front.run("sign-test --practice")
        assert ACCOUNT in ended.err
        assert PASSWORD in ended.err

    def test_the_tour_applies_and_proves(self, front: Front):
        answer = front.run("practice-tour --json").json
        assert answer["apply"]["slot"] == "9A"
        assert answer["sign_test"]["verified"] is True


def test_failures_are_said_in_both_languages(front: Front):
    front.words = Words("zh_TW", strict=True)
    ended = front.run(f"sign-test {ANSWERS}", {"pin": PIN})
    assert front.words.text("error.C409.title") in ended.err


@pytest.mark.parametrize("command", ["sign-test --answers -", "apply --answers -", "explain X999", "renew"])
def test_with_json_every_error_is_one_object(front: Front, command: str):
    ended = front.run(f"{command} --json", {"pin": PIN})
    assert set(ended.json["error"]) >= {"code", "title", "safety", "advice"}
    assert ended.json["error"]["code"] in ended.err
