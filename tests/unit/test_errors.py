"""Errors carry data: bound like a dataclass's, copied between processes, told as code and fields."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest

from cardtool.errors import CardHeld, CardRemoved, PinNotSent, WrongPin, all_errors


def test_data_by_place_by_name_and_by_default() -> None:
    assert PinNotSent("length", 4).data() == {"rule": "length", "minimum": 4, "maximum": 8}
    assert WrongPin(tries_left=1).data() == WrongPin(1).data() == {"tries_left": 1}
    assert CardRemoved().data() == {}


@pytest.mark.parametrize(
    "make",
    [
        WrongPin,
        # What mypy refuses here is refused at run time, too: that is what is tested.
        lambda: WrongPin(1, 2),  # type: ignore[call-arg]
        lambda: WrongPin(1, tries_left=1),  # type: ignore[misc]
        lambda: WrongPin(1, other=1),  # type: ignore[call-arg]
        lambda: CardRemoved(1),
    ],
)
def test_what_does_not_fit_is_a_mistake_of_the_program(make: Callable[[], object]) -> None:
    with pytest.raises(TypeError):
        make()


def test_told_as_code_and_fields() -> None:
    assert str(PinNotSent("length")) == "C203 rule=length minimum=6 maximum=8"
    assert str(CardRemoved()) == "C101"


def test_a_field_that_was_set_later_is_told_too() -> None:
    error = CardHeld("Reader")
    error.holder = "another program"
    assert error.data()["holder"] == "another program"


@pytest.mark.parametrize("kind", all_errors().values(), ids=lambda kind: kind.__name__)
def test_they_cross_processes(kind: type) -> None:
    error = kind(*range(len(kind.fields)))
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert copy.data() == error.data()
