"""No secret, in no form, from no command: planted PINs are looked for in everything that is written."""

from __future__ import annotations

import base64
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardtool.errors import CardRemoved
from cardtool.pcsc.apdu import INS, Command
from cardtool.pcsc.chaining import CommandChaining, RawChannel
from cardtool.pcsc.decorator import ConnectionDecorator
from cardtool.pcsc.redact import SHOWN_GIDS_OBJECTS, SHOWN_OBJECTS, Redactor
from cardtool.pcsc.replay import ReplayConnection
from cardtool.pcsc.trace import TracingConnection

PIN = b"924681"
PUK = b"70351846"


class Echo(ConnectionDecorator):
    """Answers everything with what it was sent: the worst card for a trace."""

    def __init__(self, sw: bytes = b"\x90\x00") -> None:
        super().__init__(ReplayConnection(""))
        self._sw = sw

    def transmit(self, command: bytes) -> bytes:
        return command[5:] + self._sw


def forms(secret: bytes) -> list[str]:
    """Every way a secret could stand in a text; parts of it as well."""
    padded = secret.ljust(8, b"\xff")
    plain = [secret.decode(), secret.hex(), padded.hex().upper(), repr(list(secret))]
    # In base64 a secret has three faces, by where it begins; its outer letters depend on what is around it.
    coded = [
        base64.b64encode(bytes(offset) + secret).decode().rstrip("=")[offset + 1 : -1] for offset in range(3)
    ]
    return plain + coded + [secret[:3].hex().upper(), secret[-3:].hex().upper()]


def assert_absent(text: str) -> None:
    for secret in (PIN, PUK):
        for form in forms(secret):
            assert form not in text


def secret_commands() -> list[Command]:
    pin, puk = PIN.ljust(8, b"\xff"), PUK
    return [
        Command(0, INS.VERIFY, 0, 0x80, pin),
        Command(0, INS.CHANGE_REFERENCE_DATA, 0, 0x80, pin + pin),
        Command(0, INS.RESET_RETRY_COUNTER, 0, 0x80, puk + pin),
        Command(0, INS.GENERAL_AUTHENTICATE, 7, 0x9A, b"\x7c" + pin, 256),
        Command(0, INS.IMPORT_ASYMMETRIC_KEY, 7, 0x9A, puk * 60),
        Command(0, INS.SET_MANAGEMENT_KEY, 0xFF, 0xFF, puk * 3),
        Command(0, INS.PUT_DATA, 0x3F, 0xFF, puk * 100),
        Command(0, INS.PUT_DATA, 0x3F, 0xFF, b"\x70\x18" + puk * 3),
        Command(0, INS.CHANGE_REFERENCE_DATA, 0, 0x80, PIN + PIN),
        Command(0, INS.RESET_RETRY_COUNTER, 2, 0x80, PIN),
        Command(0, INS.PERFORM_SECURITY_OPERATION, 0x80, 0x86, puk * 32, 256),
        Command(0, INS.MANAGE_SECURITY_ENVIRONMENT, 0x41, 0xB6, puk),
        Command(0, INS.GET_DATA, 0xA0, 0x10, bytes.fromhex("5C02DF23") + pin, 256),
        Command(0, INS.GET_DATA, 0x3F, 0xFF, pin, 256),
        Command(0, INS.GET_DATA, 0x3F, 0xFF, bytes.fromhex("5C037E") + pin, 256),
        Command(0x80, 0x5A, 0, 0, pin, 256),
    ]


@pytest.mark.parametrize("command", secret_commands(), ids=lambda command: command.name)
def test_no_secret_in_the_trace(command: Command) -> None:
    out = io.StringIO()
    CommandChaining(RawChannel(TracingConnection(Echo(), out))).send(command)
    assert_absent(out.getvalue())
    entry = json.loads(out.getvalue().splitlines()[-1])
    assert (entry["command"], entry["sw"]) == (command.name, "9000")
    assert "data" not in entry


@given(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=30))
def test_only_two_instructions_ever_show_data(cla: int, ins: int, extra: bytes) -> None:
    shown = Redactor().exchange(Command(cla, ins, 0x3F, 0xFF, extra + PIN, 256).encode(), PIN + b"\x90\x00")
    assert shown.data is None or ins == INS.SELECT


@pytest.mark.parametrize("tag", sorted(SHOWN_OBJECTS))
def test_public_objects_are_shown(tag: bytes) -> None:
    command = Command(0, INS.GET_DATA, 0x3F, 0xFF, bytes([0x5C, len(tag)]) + tag, 256).encode()
    shown = Redactor().exchange(command, bytes.fromhex("53009000"))
    assert (shown.data, shown.answer) == (command[5:-1], bytes.fromhex("5300"))


@pytest.mark.parametrize("place", sorted(SHOWN_GIDS_OBJECTS))
def test_a_gids_object_is_shown_only_where_it_belongs(place: bytes) -> None:
    file, tag = place[:2], place[2:]
    request = bytes.fromhex("045C02") + tag + b"\x00"
    assert Redactor().exchange(b"\x00\xcb" + file + request, b"public\x90\x00").answer == b"public"
    assert Redactor().exchange(b"\x00\xcb\xa0\x13" + request, PIN + b"\x90\x00").answer is None


def test_gids_containers_and_certificates_name_a_person_and_are_not_shown() -> None:
    for tag in ("DF23", "DF24"):
        assert Redactor().exchange(bytes.fromhex(f"00CBA010045C02{tag}00"), b"name\x90\x00").answer is None


def test_certificates_and_printed_information_name_a_person_and_are_not_shown() -> None:
    for tag in ("5FC105", "5FC109", "5FC103", "5FC108"):
        command = bytes.fromhex(f"00CB3FFF055C03{tag}00")
        assert Redactor().exchange(command, b"name\x90\x00").answer is None


def test_get_response_is_as_secret_as_what_it_continues() -> None:
    get_response = bytes.fromhex("00C0000000")
    redactor = Redactor()
    redactor.exchange(bytes.fromhex("00CB3FFF055C035FC10200"), bytes.fromhex("6110"))
    assert redactor.exchange(get_response, b"chuid\x90\x00").answer == b"chuid"
    redactor.exchange(bytes.fromhex("0087079A027C0000"), bytes.fromhex("6110"))
    assert redactor.exchange(get_response, PIN + b"\x90\x00").answer is None
    assert Redactor().exchange(get_response, PIN + b"\x90\x00").answer is None


def test_a_chained_select_is_not_shown() -> None:
    assert Redactor().exchange(bytes.fromhex("10A4040001A0"), b"\x90\x00").data is None


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_bytes_can_be_redacted(command: bytes, answer: bytes) -> None:
    Redactor().exchange(command, answer)


def test_a_line_says_lengths_time_and_status() -> None:
    out = io.StringIO()
    TracingConnection(Echo(), out).transmit(bytes.fromhex("00A4040001A0"))
    entry = json.loads(out.getvalue())
    assert entry.pop("time").endswith("+00:00")
    assert entry.pop("ms") >= 0
    assert entry == {
        "reader": "Replay 0",
        "command": "SELECT",
        "header": "00A40400",
        "sent": 6,
        "received": 3,
        "data": "A0",
        "answer": "A0",
        "sw": "9000",
    }


def test_a_failed_exchange_is_written_too() -> None:
    out = io.StringIO()
    connection = TracingConnection(ReplayConnection("> 00200080\n! CardRemoved"), out)
    with pytest.raises(CardRemoved):
        connection.transmit(bytes.fromhex("00200080"))
    assert json.loads(out.getvalue())["error"] == "C101"


def test_pin_pad_traffic_is_counted_not_shown() -> None:
    class Pad(ConnectionDecorator):
        def control(self, code: int, data: bytes) -> bytes:
            return data

    out = io.StringIO()
    TracingConnection(Pad(ReplayConnection("")), out).control(0x42000DB2, PIN)
    assert_absent(out.getvalue())
    assert json.loads(out.getvalue())["sent"] == len(PIN)
