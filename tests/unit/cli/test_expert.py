"""``cardtool apdu``: nothing that may hold a secret on the command line, nothing of it shown, no try by accident."""

from __future__ import annotations

import pytest

from tests.support.bench import READER, SECOND
from tests.support.template import PIN, PIN_TRIES, WRONG_PIN
from tests.support.unknown_card import UnknownCard
from tests.unit.cli.world import Ended, Front

SELECT = "00A4040009A00000030800001000"
KEY_HISTORY = "00CB3FFF055C035FC10C"
STATUS = "00200080"
VERIFY = "0020008008" + WRONG_PIN.encode().hex() + "FFFF"
WITH_SECRETS = {
    "VERIFY": VERIFY,
    "CHANGE REFERENCE DATA": "0024008010" + "31" * 16,
    "RESET RETRY COUNTER": "002C008010" + "31" * 16,
    "GENERAL AUTHENTICATE": "0087039B04" + "7C028000",
    "SET MANAGEMENT KEY": "00FFFFFF1B039B18" + "31" * 24,
    "IMPORT ASYMMETRIC KEY": "00FE119A03" + "060131",
    "an unknown instruction": "005A000003313131",
    "a part of a chain": "1020008003313131",
    "another class": "8020008003313131",
}


def refused(front: Front, ended: Ended, code: str = "U103") -> bool:
    return (
        ended.status == 2 and code in ended.err and ended.out == "" and front.bench.tries_left() == PIN_TRIES
    )


def test_reading_commands_are_sent_and_told(front: Front):
    ended = front.run(f"apdu {SELECT} {KEY_HISTORY} {STATUS}")
    assert ended.status == 0
    assert "GET DATA: KEY HISTORY" in ended.out
    assert f"{PIN_TRIES} tries left" in ended.out


def test_with_json(front: Front):
    first, second = front.run(f"apdu --json {SELECT} {KEY_HISTORY}").json["exchanges"]
    assert first["command"] == SELECT.lower()
    assert second["response"].endswith("9000")
    assert second["decoded"][0] == "GET DATA: KEY HISTORY"


@pytest.mark.parametrize("kind", WITH_SECRETS)
def test_what_may_hold_a_secret_is_refused_on_the_command_line(front: Front, kind: str):
    ended = front.run(f"apdu --expert {SELECT} {WITH_SECRETS[kind]}")
    assert refused(front, ended)
    assert front.words.text("error.U103.advice_secret") in ended.err
    assert front.bench.sent() == []
    assert "31313131" not in ended.err


class TestFromStandardInput:
    def test_it_is_sent_and_only_its_header_is_shown(self, front: Front):
        ended = front.run("apdu - --expert", f"{SELECT}\n\n{VERIFY}\n{KEY_HISTORY}\n".encode())
        assert ended.status == 0
        assert front.bench.tries_left() == PIN_TRIES - 1
        assert "data: 8 bytes, not shown" in ended.out
        assert f"{PIN_TRIES - 1} tries left" in ended.out
        assert WRONG_PIN not in ended.out
        assert WRONG_PIN.encode().hex() not in ended.out

    def test_with_json_too(self, front: Front):
        _, exchange = front.run("apdu - --expert --json", f"{SELECT}\n{VERIFY}".encode()).json["exchanges"]
        assert exchange["command"] == "00200080"
        assert exchange["response"] == f"63c{PIN_TRIES - 1}"

    def test_a_secret_answer_is_not_shown(self, front: Front):
        """A signature or a plaintext comes back under GENERAL AUTHENTICATE."""
        verify = "0020008008" + PIN.encode().hex() + "FFFF"
        challenge = "0087039B047C028100"
        ended = front.run("apdu - --expert --json", f"{SELECT}\n{verify}\n{challenge}".encode())
        *_, last = ended.json["exchanges"]
        assert len(last["response"]) == 4

    def test_without_expert_it_is_refused(self, front: Front):
        assert refused(front, front.run("apdu -", VERIFY.encode()))

    @pytest.mark.parametrize("text", [b"", b"\n\n", b"\xff\xfe", b"00" * 200_000])
    def test_nothing_to_send(self, front: Front, text: bytes):
        assert refused(front, front.run("apdu - --expert", text), "U104")


@pytest.mark.parametrize("text", ["xyz", "00A4", "00", "00A40400FF00", "0 0A40400"])
def test_what_is_no_command_is_refused(front: Front, text: str):
    assert refused(front, front.run("apdu --expert", b"", text), "U104")


def test_all_are_judged_before_the_first_is_sent(front: Front):
    put_data = "00DB3FFF075C035FC1085300"
    ended = front.run(f"apdu {KEY_HISTORY} {put_data}")
    assert refused(front, ended)
    assert "GET DATA" not in [apdu.command.name for apdu in front.bench.sent()]


class TestUnknownCard:
    def test_without_expert_nothing_is_sent(self, front: Front):
        card = UnknownCard()
        front.bench.hub.insert(READER, card)
        assert refused(front, front.run(f"apdu {KEY_HISTORY}"))
        assert {command[1] for command in card.commands} <= {0xA4}

    def test_with_expert_it_is(self, front: Front):
        card = UnknownCard()
        front.bench.hub.insert(READER, card)
        assert front.run(f"apdu {KEY_HISTORY} --expert").status == 0
        assert bytes.fromhex(KEY_HISTORY) in [command[:10] for command in card.commands]


class TestWhichReader:
    def test_two_cards(self, front: Front):
        front.bench.hub.plug(SECOND)
        front.bench.hub.insert(SECOND, front.bench.other)
        assert front.run(f"apdu {SELECT}").status == 4
        assert front.run(f"apdu {SELECT}", b"", "--reader", SECOND).status == 0

    def test_one_that_is_not_there(self, front: Front):
        ended = front.run(f"apdu {SELECT} --reader Nobody")
        assert refused(front, ended, "U104")

    def test_an_empty_one(self, front: Front):
        front.bench.hub.pull(READER)
        ended = front.run(f"apdu {SELECT}")
        assert ended.status == 4
        assert "C106" in ended.err
