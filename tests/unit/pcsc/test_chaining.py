"""Each processor alone, then the stack."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardtool.errors import CardAnswerMalformed, CardRemoved, CardToolError, Defect
from cardtool.pcsc.apdu import Command, Response
from cardtool.pcsc.chaining import (
    ANSWER_MAX,
    CommandChaining,
    ExactLength,
    ExtendedLe,
    RawChannel,
    ResponseChaining,
    open_channel,
)
from cardtool.pcsc.decorator import ConnectionDecorator
from cardtool.pcsc.replay import ReplayConnection


class Scripted:
    """A channel that answers from a list and keeps what it was sent."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.sent: list[Command] = []

    def send(self, command: Command) -> Response:
        self.sent.append(command)
        return self.answers.pop(0)


class Endless:
    """A card that always has more."""

    def __init__(self, part: bytes) -> None:
        self.part = part
        self.asked = 0

    def send(self, command: Command) -> Response:
        self.asked += 1
        return Response(self.part, 0x61FF)


OK = Response(b"", 0x9000)
GET_DATA = Command(0, 0xCB, 0x3F, 0xFF, bytes.fromhex("5C035FC105"), 256)


def test_6c_sends_once_more_with_the_exact_length() -> None:
    card = Scripted(Response(b"", 0x6C10), Response(bytes(16), 0x9000))
    assert ExactLength(card).send(GET_DATA) == Response(bytes(16), 0x9000)
    assert [command.le for command in card.sent] == [256, 16]


def test_6c_twice_is_the_answer() -> None:
    card = Scripted(Response(b"", 0x6C10), Response(b"", 0x6C20))
    assert ExactLength(card).send(GET_DATA).sw == 0x6C20


def test_short_data_is_not_chained() -> None:
    card = Scripted(OK)
    CommandChaining(card).send(GET_DATA)
    assert card.sent == [GET_DATA]


def test_long_data_goes_in_blocks() -> None:
    data = bytes(range(256)) * 2
    card = Scripted(OK, OK, Response(b"\x01", 0x9000))
    assert CommandChaining(card).send(Command(0, 0xDB, 0x3F, 0xFF, data, 256)).data == b"\x01"
    assert [command.cla for command in card.sent] == [0x10, 0x10, 0x00]
    assert [len(command.data) for command in card.sent] == [255, 255, 2]
    assert [command.le for command in card.sent] == [None, None, 256]
    assert b"".join(command.data for command in card.sent) == data


def test_a_refused_block_ends_the_chain() -> None:
    card = Scripted(OK, Response(b"", 0x6A84))
    assert CommandChaining(card).send(Command(0, 0xDB, 0x3F, 0xFF, bytes(600))).sw == 0x6A84
    assert len(card.sent) == 2


def test_61_fetches_the_rest() -> None:
    card = Scripted(Response(b"a", 0x6100), Response(b"b", 0x6102), Response(b"cd", 0x9000))
    assert ResponseChaining(card).send(GET_DATA) == Response(b"abcd", 0x9000)
    assert [command.encode().hex() for command in card.sent[1:]] == ["00c0000000", "00c0000002"]


def test_an_error_at_the_end_keeps_its_status_word() -> None:
    card = Scripted(Response(b"a", 0x6110), Response(b"", 0x6F00))
    assert ResponseChaining(card).send(GET_DATA).sw == 0x6F00


@pytest.mark.parametrize("part", [b"", b"x", bytes(256)])
def test_a_card_that_never_ends_is_stopped(part: bytes) -> None:
    card = Endless(part)
    with pytest.raises(CardAnswerMalformed):
        ResponseChaining(card).send(GET_DATA)
    assert card.asked * len(part) <= ANSWER_MAX + 1024
    assert card.asked <= (257 if part else 2), "an empty part that announces more leads in circles"


def test_extended_length_asks_for_everything_at_once() -> None:
    card = Scripted(OK, OK, OK)
    channel = ExtendedLe(card)
    channel.send(GET_DATA)
    channel.send(Command(0, 0x20, 0, 0x80))
    channel.send(Command(0, 0x47, 0, 0x9A, b"\xac\x00", 256))
    assert [command.le for command in card.sent] == [65536, None, 256], "what changes the card is not risked"


@pytest.mark.parametrize("refusal", ["67 00", "6E 00", "! ReaderFault"])
def test_extended_length_is_given_up_for_good_where_it_is_refused(refusal: str) -> None:
    answer = refusal if refusal.startswith("!") else f"< {refusal}"
    card = ReplayConnection(f"""
        > 00CB3FFF 000005 5C035FC102 0000
        {answer}
        > 00CB3FFF 05 5C035FC102 00
        < 5300 9000
        > 00CB3FFF 05 5C035FC102 00
        < 5300 9000
    """)
    channel = open_channel(card, extended=True)
    for _ in range(2):
        assert channel.send(Command(0, 0xCB, 0x3F, 0xFF, bytes.fromhex("5C035FC102"), 256)).ok
    card.finish()


def test_the_stack_over_a_scripted_card() -> None:
    card = ReplayConnection(f"""
        # the second block wants its exact length, then more waits
        > 10DB3FFF FF {"00" * 255}
        < 9000
        > 00DB3FFF 02 0000 00
        < 6C01
        > 00DB3FFF 02 0000 01
        < AA 6101
        > 00C00000 01
        < BB 9000
    """)
    assert open_channel(card).send(Command(0, 0xDB, 0x3F, 0xFF, bytes(257), 256)).data == b"\xaa\xbb"
    card.finish()


def test_an_empty_answer_is_a_pulled_card() -> None:
    class Silent(ConnectionDecorator):
        def transmit(self, command: bytes) -> bytes:
            return b""

    with pytest.raises(CardRemoved):
        RawChannel(Silent(ReplayConnection(""))).send(GET_DATA)


def test_another_thread_may_not_use_the_card() -> None:
    channel = open_channel(ReplayConnection("> 00200080\n< 9000"))
    caught: list[Defect] = []

    def use() -> None:
        try:
            channel.send(Command(0, 0x20, 0, 0x80))
        except Defect as error:
            caught.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert [error.what for error in caught] == ["WrongThread"]


@given(st.lists(st.binary(max_size=260), min_size=1, max_size=20))
def test_arbitrary_answers_end_in_an_answer_or_one_of_our_errors(answers: list[bytes]) -> None:
    class Babbling(ConnectionDecorator):
        def __init__(self) -> None:
            super().__init__(ReplayConnection(""))
            self.left = list(answers)

        def transmit(self, command: bytes) -> bytes:
            return self.left.pop(0) if self.left else b""

    try:
        response = open_channel(Babbling()).send(GET_DATA)
    except CardToolError:
        return
    assert len(response.data) <= ANSWER_MAX
