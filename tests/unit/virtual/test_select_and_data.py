"""SELECT, GET DATA, PUT DATA byte for byte (SP 800-73-5 Part 2, 3.1 and 3.3.1)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cardtool.pcsc.virtual.piv import FRAGILE, GENERIC, YUBIKEY, Personality, VirtualPivCard
from tests.unit.virtual.conftest import open_card
from tests.unit.virtual.terminal import SELECT_PIV, VERIFY_STATUS, Terminal, tlv

FULL_AID = "A000000308000010000100"
PRINTED_INFORMATION = "5FC109"
CERTIFICATE = "5FC105"


@pytest.mark.parametrize("length", [5, 9, 10, 11])
def test_selects_by_full_and_truncated_aid(card: VirtualPivCard, length: int) -> None:
    aid = bytes.fromhex(FULL_AID)[:length]
    answer = card.transmit(bytes.fromhex("00A40400") + bytes([length]) + aid)
    assert answer.startswith(bytes.fromhex("61274F0600001000010079074F05A000000308"))
    assert answer.endswith(bytes.fromhex("9000"))


@pytest.mark.parametrize("aid", ["A000000397425446590201", FULL_AID + "00", "A0000003", "D276000124010304"])
def test_other_applications_are_not_here(card: VirtualPivCard, aid: str) -> None:
    card.reset()
    command = bytes.fromhex("00A40400") + bytes([len(aid) // 2]) + bytes.fromhex(aid)
    assert card.transmit(command) == bytes.fromhex("6A82")
    assert card.transmit(VERIFY_STATUS) == bytes.fromhex("6D00")


def test_selecting_again_keeps_the_security_status(terminal: Terminal) -> None:
    terminal.verify()
    terminal.send("00A4040006A00000000301")
    terminal.select()
    assert terminal.send(VERIFY_STATUS)[1] == 0x9000


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("0C20008000", 0x6882),
        ("0120008000", 0x6881),
        ("8020008000", 0x6E00),
        ("00B0000000", 0x6D00),
        ("00CB0000055C035FC10500", 0x6A86),
        ("00CB3FFF075C035FC10500", 0x6700),
        ("00CB3FFF055D035FC10500", 0x6A80),
        ("00CB3F", 0x6700),
    ],
)
def test_malformed_commands(terminal: Terminal, command: str, expected: int) -> None:
    assert terminal.send(command)[1] == expected


def test_factory_card_has_discovery_and_no_certificates(terminal: Terminal) -> None:
    assert terminal.get("7E") == (bytes.fromhex("7E124F0BA0000003080000100001005F2F024000"), 0x9000)
    for tag in (CERTIFICATE, "5FC10A", "5FC10B", "5FC101", "5FC102", "5FC107", "5FC10C", "5FC10D"):
        assert terminal.get(tag)[1] == 0x6A82


def test_writing_needs_the_management_key(terminal: Terminal) -> None:
    terminal.verify()
    assert terminal.put(CERTIFICATE, b"x") == 0x6982
    terminal.admin()
    assert terminal.put(CERTIFICATE, b"x") == 0x9000
    assert terminal.get(CERTIFICATE) == (bytes.fromhex("530178"), 0x9000)


@pytest.mark.parametrize("tag", ["5FC103", "5FC108", PRINTED_INFORMATION, "5FC121", "5FC123"])
def test_reading_what_concerns_the_person_needs_the_pin(terminal: Terminal, tag: str) -> None:
    terminal.admin()
    terminal.put(tag, b"person")
    assert terminal.get(tag)[1] == 0x6982
    terminal.verify()
    assert terminal.get(tag) == (tlv("53", b"person"), 0x9000)


def test_an_empty_object_is_gone(terminal: Terminal) -> None:
    terminal.admin()
    terminal.put(CERTIFICATE, b"x")
    assert terminal.put(CERTIFICATE, b"") == 0x9000
    assert terminal.get(CERTIFICATE)[1] == 0x6A82


def test_biometric_group_template_has_no_tag_list(terminal: Terminal) -> None:
    terminal.admin()
    assert terminal.send("00DB3FFF", tlv("7F61", b"\x02\x01\x00"))[1] == 0x9000
    assert terminal.get("7F61") == (tlv("7F61", b"\x02\x01\x00"), 0x9000)


@pytest.mark.parametrize("data", ["7E00", "5C017E5300", "5C035FC1995301AA", "5C035FC1245301AA"])
def test_objects_nobody_may_write(terminal: Terminal, data: str) -> None:
    terminal.admin()
    assert terminal.send("00DB3FFF", bytes.fromhex(data))[1] == 0x6A81


@pytest.mark.parametrize(
    "data", ["", "53015A", "5C035FC105", "5C035FC1055302AA", "5C0453", "5C035FC10553820001"]
)
def test_malformed_puts(terminal: Terminal, data: str) -> None:
    terminal.admin()
    assert terminal.send("00DB3FFF", bytes.fromhex(data))[1] in (0x6A80, 0x6700)


def test_yubico_objects_only_where_there_are_extensions(terminal: Terminal) -> None:
    terminal.admin()
    assert terminal.put("5FFF00", b"admin data") == 0x9000
    _, generic = open_card(GENERIC)
    generic.admin()
    assert generic.put("5FFF00", b"admin data") == 0x6A81


def test_full_memory() -> None:
    _, terminal = open_card(replace(YUBIKEY, object_size=100, memory=700))
    terminal.admin()
    assert terminal.put("5FC10D", bytes(101)) in (0x6A84, 0x6700)
    fits = [terminal.put(f"5FC1{0x0D + number:02X}", bytes(100)) for number in range(8)]
    assert fits[0] == 0x9000
    assert fits[-1] == 0x6A84


# --- chains and long answers ------------------------------------------------------------------


@pytest.mark.parametrize("personality", [YUBIKEY, GENERIC, FRAGILE], ids=lambda kind: kind.name)
@pytest.mark.parametrize("size", [1, 127, 128, 250, 251, 252, 255, 256, 257, 1000, 3000])
def test_objects_of_any_size_come_back(personality: Personality, size: int) -> None:
    _, terminal = open_card(personality)
    terminal.admin()
    content = bytes(number % 251 for number in range(size))
    assert terminal.put(CERTIFICATE, content) == 0x9000
    assert terminal.get(CERTIFICATE) == (tlv("53", content), 0x9000)


def test_extended_length(terminal: Terminal) -> None:
    terminal.admin()
    body = tlv("5C", bytes.fromhex(CERTIFICATE)) + tlv("53", bytes(2000))
    assert terminal.send(bytes.fromhex("00DB3FFF00") + len(body).to_bytes(2, "big") + body)[1] == 0x9000
    answer = terminal.transmit(bytes.fromhex("00CB3FFF0000055C035FC1050000"))
    assert len(answer) == 2000 + 4 + 2
    assert answer[-2:] == bytes.fromhex("9000")


def test_cards_without_extended_length() -> None:
    _, terminal = open_card(GENERIC)
    assert terminal.transmit(bytes.fromhex("00CB3FFF0000055C035FC1050000")) == bytes.fromhex("6700")


def test_answer_block_and_the_count_of_what_is_left() -> None:
    _, terminal = open_card(FRAGILE)
    terminal.admin()
    terminal.put(CERTIFICATE, bytes(300))
    first = terminal.transmit(bytes.fromhex("00CB3FFF055C035FC10500"))
    assert (len(first), first[-2:]) == (255 + 2, bytes([0x61, 304 - 255]))
    assert terminal.transmit(bytes.fromhex("00C0000005"))[-2:] == bytes([0x61, 44])


def test_some_cards_name_the_right_length_with_6c() -> None:
    _, terminal = open_card(replace(GENERIC, exact_get_response=True))
    terminal.admin()
    terminal.put(CERTIFICATE, bytes(300))
    terminal.transmit(bytes.fromhex("00CB3FFF055C035FC10500"))
    assert terminal.transmit(bytes.fromhex("00C0000000")) == bytes([0x6C, 48])
    assert len(terminal.transmit(bytes.fromhex("00C0000030"))) == 48 + 2


def test_get_response_with_nothing_waiting(terminal: Terminal) -> None:
    assert terminal.send("00C0000000")[1] == 0x6985


def test_another_command_ends_a_chain(terminal: Terminal) -> None:
    terminal.admin()
    assert terminal.send("10DB3FFF055C035FC105")[1] == 0x9000
    terminal.verify()
    assert terminal.send("00DB3FFF03530141")[1] == 0x6A80


def test_overlong_chain_is_refused(terminal: Terminal) -> None:
    terminal.admin()
    assert terminal.put(CERTIFICATE, bytes(5000)) == 0x6700
    assert terminal.get(CERTIFICATE)[1] == 0x6A82


def test_some_cards_lose_their_state_after_an_overlong_chain() -> None:
    _, terminal = open_card(FRAGILE)
    terminal.admin()
    assert terminal.put(CERTIFICATE, bytes(5000)) == 0x6F00
    # 6F61 looks like nothing a terminal knows; only SELECT helps.
    assert terminal.transmit(VERIFY_STATUS) == bytes.fromhex("6F61")
    terminal.send(SELECT_PIV)
    assert terminal.send(VERIFY_STATUS)[1] == 0x63C3
