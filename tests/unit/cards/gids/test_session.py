"""The GIDS session against strict scripts: exactly these bytes, and what each status word becomes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardtool import errors
from cardtool.cards.gids import admin, recipes
from cardtool.cards.gids.files import CardFiles
from cardtool.cards.gids.key_file import key_file_control
from cardtool.cards.gids.objects import PinCounter
from cardtool.cards.gids.session import GidsSession
from cardtool.cards.gids.types import Algorithm, Container, FileId, KeyUse, Template
from cardtool.cards.pin import PinStatus
from cardtool.cards.reading import read_gids_overview
from cardtool.pcsc.decorator import ConnectionDecorator
from cardtool.pcsc.replay import ReplayConnection
from cardtool.secret import Secret

PIN = Secret("1234")
NEW_PIN = Secret("567890")
VERIFY = "> 00200080 04 31323334"
MODULUS = "C1" + "00" * 254 + "01"
PUBLIC_KEY = f"7F49 820109 81 820100 {MODULUS} 8203010001"
Act = Callable[[GidsSession], object]


def play(script: str, act: Act) -> object:
    """``act`` must say exactly what the script says."""
    card = ReplayConnection(script)
    session = GidsSession(card)
    try:
        return act(session)
    finally:
        card.finish()


@pytest.mark.parametrize(
    ("script", "act", "result"),
    [
        ("> 00A40400 09 A00000039742544659 00\n< 6100 9000", GidsSession.select, b"\x61\x00"),
        ("> 00A4000C 02 B081\n< 9000", lambda s: s.select_file(0xB081), None),
        ("> 00CBA010 04 5C02DF22 00\n< DF2202ABCD 9000", lambda s: s.get_data(0xA010, 0xDF22), b"\xab\xcd"),
        ("> 00DBA000 04 DF1F01AA\n< 9000", lambda s: s.put_data(FileId.DIRECTORY, 0xDF1F, b"\xaa"), None),
        ("> 00E00000 04 6202AABB\n< 9000", lambda s: s.create_file(b"\xaa\xbb"), None),
        ("> 00440000\n< 9000", GidsSession.activate_file, None),
        ("> 00E40000\n< 9000", GidsSession.delete_file, None),
        (f"{VERIFY}\n< 9000", lambda s: s.verify_pin(PIN), None),
        ("> 00200080\n< 63C2", GidsSession.pin_status, PinStatus(verified=False, tries_left=2)),
        ("> 00200080\n< 9000", GidsSession.pin_status, PinStatus(verified=True, tries_left=None)),
        ("> 00200080\n< 6983", GidsSession.pin_status, PinStatus(verified=False, tries_left=0)),
        (
            "> 00CB3FFF 04 5C027F71 00\n< 7F71 06 970102 930103 9000",
            GidsSession.pin_counter,
            PinCounter(2, 3),
        ),
        ("> 00200082\n< 9000", GidsSession.logout, True),
        ("> 00200082\n< 6A88", GidsSession.logout, False),
        ("> 00240080 0A 31323334 353637383930\n< 9000", lambda s: s.change_pin(PIN, NEW_PIN), None),
        ("> 002C0280 06 353637383930\n< 9000", lambda s: s.reset_retry_counter(NEW_PIN), None),
        ("> 0022C1A4 03 830180\n< 9000", GidsSession.set_admin_key, None),
        (
            "> 00870000 04 7C028100 00\n< 7C0A8108 0102030405060708 9000",
            GidsSession.external_challenge,
            bytes.fromhex("0102030405060708"),
        ),
        ("> 00870000 05 7C038201AA 00\n< 9000", lambda s: s.external_response(b"\xaa"), None),
        (
            f"> 00870000 14 7C12 8110 {'11' * 16} 00\n< 7C12 8110 {'22' * 16} 9000",
            lambda s: s.mutual_challenge(b"\x11" * 16),
            b"\x22" * 16,
        ),
        (
            f"> 00870000 2C 7C2A 8228 {'11' * 40} 00\n< 7C2A 8228 {'22' * 40} 9000",
            lambda s: s.mutual_response(b"\x11" * 40),
            b"\x22" * 40,
        ),
        ("> 002241B6 06 800157 840181\n< 9000", lambda s: s.set_key(Template.SIGNATURE, 0x57, 0x81), None),
        ("> 002A9E9A 01 AA 00\n< BB 9000", lambda s: s.sign(b"\xaa"), b"\xbb"),
        ("> 002A8086 01 AA 00\n< BB 9000", lambda s: s.decipher(b"\xaa"), b"\xbb"),
        (
            f"> 00DB3FFF 21 701F 840180 A51A 8718 {'01' * 24}\n< 9000",
            lambda s: s.put_admin_key(Secret(b"\x01" * 24)),
            None,
        ),
    ],
)
def test_commands(script: str, act: Act, result: object) -> None:
    assert play(script, act) == result


def test_public_keys_are_read_from_both_commands() -> None:
    numbers = play(
        f"> 00470000 08 AC06 800107 830181 00\n< {PUBLIC_KEY} 9000",
        lambda s: s.generate_asymmetric_key_pair(0x81, Algorithm.RSA_2048).public_numbers().n,
    )
    assert numbers == int(MODULUS, 16)
    read = play(
        f"> 00CB3FFF 0A 7008 840181 A5037F4980 00\n< {PUBLIC_KEY} 9000",
        lambda s: s.public_key(0x81).key_size,
    )
    assert read == 2048


@pytest.mark.parametrize(
    ("sw", "error"),
    [
        ("63C2", errors.WrongPin(2)),
        ("63C0", errors.PinBlocked()),
        ("6983", errors.PinBlocked()),
        ("6700", errors.PinRefused()),
        ("6982", errors.SecurityStatusNotSatisfied("VERIFY")),
        ("6F00", errors.CardCommandFailed("VERIFY", 0x6F00)),
    ],
)
def test_presentations_that_fail(sw: str, error: errors.CardError) -> None:
    session = GidsSession(ReplayConnection(f"{VERIFY}\n< {sw}"))
    with pytest.raises(type(error)) as caught:
        session.verify_pin(PIN)
    assert caught.value.data() == error.data()
    assert not session.status_gained


@pytest.mark.parametrize("value", ["123", "1" * 17, "12 4", "1234\n"])
def test_what_cannot_be_a_pin_is_not_sent(value: str) -> None:
    wrong = Secret(value)
    for act in (
        lambda s: s.verify_pin(wrong),
        lambda s: s.change_pin(PIN, wrong),
        lambda s: s.change_pin(wrong, PIN),
        lambda s: s.reset_retry_counter(wrong),
        lambda s: recipes.unblock(s, bytes(8), wrong),
    ):
        with pytest.raises(errors.PinNotSent):
            play("", act)


@pytest.mark.parametrize(
    ("script", "act"),
    [
        (VERIFY, lambda s: s.verify_pin(PIN)),
        ("> 00870000 05 7C038201AA 00", lambda s: s.external_response(b"\xaa")),
    ],
)
def test_a_status_that_may_have_been_gained_must_be_dropped(script: str, act: Act) -> None:
    session = GidsSession(ReplayConnection(f"{script}\n! CardWasReset"))
    with pytest.raises(errors.CardWasReset):
        act(session)
    assert session.status_gained


def test_the_key_file_is_as_windows_makes_it() -> None:
    exchange = key_file_control(0x81, Algorithm.RSA_2048, KeyUse.EXCHANGE)
    assert exchange == bytes.fromhex(
        "820118 8302B081 8C058F10101000 A537"
        "B809800107830181950140 B809800187830181950140 B809800147830181950140"
        "B609800117830181950140 B609800157830181950140"
    )
    signature = key_file_control(0x82, Algorithm.RSA_4096, KeyUse.SIGNATURE)
    assert signature == bytes.fromhex(
        "820118 8302B082 8C058F10101000 A516 B609800119830182950140 B609800159830182950140"
    )


def test_the_answer_to_a_challenge_is_one_block_of_3des() -> None:
    key = Secret(bytes.fromhex("0123456789ABCDEF23456789ABCDEF01456789ABCDEF0123"))
    # NIST SP 800-67, appendix B: the first block of its example.
    assert admin.answer_challenge(key, b"The qufc") == bytes.fromhex("A826FD8CE53B855F")


def test_a_card_that_does_not_have_the_admin_key_is_not_genuine() -> None:
    class Impostor(GidsSession):
        def set_admin_key(self) -> None: ...

        def mutual_challenge(self, challenge: bytes) -> bytes:
            return challenge

        def mutual_response(self, response: bytes) -> bytes:
            return response[:-8] + bytes(8)

    with pytest.raises(errors.CardNotGenuine):
        admin.authenticate_mutually(Impostor(ReplayConnection("")), Secret(bytes(range(24))))


# --- whatever a card answers ---


class Babbler(ConnectionDecorator):
    """Answers anything, and ends every answer with success or not."""

    def __init__(self, answers: list[bytes]) -> None:
        super().__init__(ReplayConnection(""))
        self._answers = answers
        self._turn = 0

    def transmit(self, command: bytes) -> bytes:
        self._turn += 1
        return self._answers[self._turn % len(self._answers)]


WELL_FORMED = [
    "DF1F 1D 01 6D7363700000000000636D617066696C6500 0000 23DF0000 10A00000 9000",
    "DF23 00 9000",
    "7F71 03 970103 9000",
    f"{PUBLIC_KEY} 9000",
    "7C0A8108 0102030405060708 9000",
    "6A82",
    "6982",
]
ANSWERS = st.one_of(
    st.binary(max_size=80).map(lambda data: data + b"\x90\x00"),
    st.binary(max_size=4),
    st.sampled_from([bytes.fromhex(each) for each in WELL_FORMED]),
)


def everything(session: GidsSession) -> list[Callable[[], object]]:
    container = Container(0, "name", KeyUse.EXCHANGE, 2048, is_default=False)
    return [
        lambda: read_gids_overview(session),
        lambda: recipes.read_pin_status(session),
        lambda: recipes.list_containers(CardFiles(session)),
        lambda: recipes.read_certificate(CardFiles(session), container),
        lambda: recipes.write_certificate(CardFiles(session), container, b"\x30\x00"),
        lambda: recipes.new_container(session, CardFiles(session)),
        lambda: recipes.delete_container(session, CardFiles(session), container),
        lambda: recipes.unblock(session, recipes.ask_unblock(session), PIN),
        lambda: recipes.decipher(session, container, bytes(256)),
        lambda: recipes.sign_message(session, container, session.public_key(0x81), b"m"),
        lambda: admin.authenticate_mutually(session, Secret(bytes(range(24)))),
        lambda: session.change_pin(PIN, NEW_PIN),
    ]


@given(st.lists(ANSWERS, min_size=1, max_size=12))
def test_arbitrary_answers_are_an_error_of_ours_or_a_result(answers: list[bytes]) -> None:
    for act in everything(GidsSession(Babbler(answers))):
        with contextlib.suppress(errors.CardError):
            act()
