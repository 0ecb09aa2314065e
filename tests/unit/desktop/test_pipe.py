"""Messages come out as they went in; a secret is handed over and stays with nobody else."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from io import FileIO

import pytest

from cardtool.config import Settings, Theme
from cardtool.desktop.messages import Answer, Chosen, Done, Failed, Refusal
from cardtool.desktop.pipe import NUMBER, Pipe
from cardtool.errors import WrongPin
from cardtool.flows.ports import Back
from cardtool.flows.questions import PinAnswer, SitePasswordChange
from cardtool.secret import Secret
from tests.ui import samples

PIN = "31415926"


@pytest.fixture
def ends() -> Iterator[tuple[Pipe, Pipe]]:
    """What the first sends, the second receives."""
    reading, writing = os.pipe()
    nothing = os.open(os.devnull, os.O_RDWR)
    sender = Pipe(FileIO(os.dup(nothing), "r"), FileIO(writing, "w"))
    receiver = Pipe(FileIO(reading, "r"), FileIO(nothing, "w"))
    yield sender, receiver
    sender.close()
    receiver.close()


def through(ends: tuple[Pipe, Pipe], message: object) -> object:
    sending = threading.Thread(target=ends[0].send, args=(message,))
    sending.start()
    try:
        return ends[1].receive()
    finally:
        sending.join()


SHOWN = (
    *(samples.view, samples.card, samples.applied, samples.proof, samples.ask_sign_in, samples.ask_pin),
    *(samples.insert_card, samples.choose_certificate, samples.accept_terms, samples.ask_new_password),
)


@pytest.mark.parametrize("make", SHOWN)
def test_whatever_the_window_shows_comes_through_as_it_was(
    ends: tuple[Pipe, Pipe], make: Callable[[], object]
) -> None:
    shown = make()
    got = through(ends, Done(1, shown))
    assert isinstance(got, Done)
    assert repr(got.value) == repr(shown)


def test_settings_and_errors_come_through(ends: tuple[Pipe, Pipe]) -> None:
    chosen = Chosen(Settings(theme=Theme.DARK, unit="exchange"))
    assert through(ends, chosen) == chosen
    failed = through(ends, Failed(3, WrongPin(tries_left=2)))
    assert isinstance(failed, Failed)
    assert (type(failed.error), failed.error.data()) == (WrongPin, {"tries_left": 2})
    refusal = through(ends, Refusal(4, Back()))
    assert isinstance(refusal, Refusal)
    assert isinstance(refusal.reason, Back)


def test_a_secret_is_handed_over_and_the_senders_wiped(ends: tuple[Pipe, Pipe]) -> None:
    mine = Secret(PIN)
    got = through(ends, Answer(1, PinAnswer(mine, last_try=True)))
    assert isinstance(got, Answer)
    assert got.value == PinAnswer(Secret(PIN), last_try=True)
    assert not mine


def test_of_several_secrets_each_keeps_its_place(ends: tuple[Pipe, Pipe]) -> None:
    got = through(ends, Answer(1, SitePasswordChange(Secret("old"), Secret("new"))))
    assert isinstance(got, Answer)
    assert got.value == SitePasswordChange(Secret("old"), Secret("new"))


def test_a_secret_nobody_takes_is_wiped_all_the_same(ends: tuple[Pipe, Pipe]) -> None:
    mine = Secret(PIN)
    ends[1].close()
    with pytest.raises(OSError):
        ends[0].send(Answer(1, PinAnswer(mine)))
    assert not mine
    mine = Secret(PIN)
    with pytest.raises((TypeError, AttributeError)):
        ends[0].send(Answer(1, (mine, threading.Lock())))
    assert not mine


def test_only_our_own_data_is_taken(ends: tuple[Pipe, Pipe], caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(EOFError):
        through(ends, Done(1, os.getcwd))
    assert caplog.messages == ["message refused"]


GARBAGE = {
    "no pickle": b"\x00",
    "cut off": b"\x80\x05K",
    "nothing on the stack": b"\x80\x05.",
    "no such member": b"\x80\x05ccardtool.errors\nNoSuchError\n.",
    "no such module": b"\x80\x05ccardtool.nowhere\nThing\n.",
    "no such secret": b"\x80\x05K\x07Q.",
    "wrong arguments": b"\x80\x05ccardtool.errors\nWrongPin\n(I1\nI2\nI3\ntR.",
}


@pytest.mark.parametrize("octets", GARBAGE.values(), ids=GARBAGE)
def test_whatever_else_comes_is_refused_the_same_way(
    ends: tuple[Pipe, Pipe], octets: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    os.write(ends[0]._writing.fileno(), NUMBER.pack(1) + NUMBER.pack(len(octets)) + octets)
    with pytest.raises(EOFError):
        ends[1].receive()
    assert caplog.messages == ["message refused"]


def test_the_end_of_the_pipe_is_told(ends: tuple[Pipe, Pipe]) -> None:
    ends[0].end()
    with pytest.raises(EOFError):
        ends[1].receive()
    with pytest.raises(OSError):
        ends[0].send(Done(1, None))
