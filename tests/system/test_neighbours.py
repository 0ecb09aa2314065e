"""Other programs want the card, too: they reset it or keep it, and nothing is lost by that (spec 3.3, 3.6)."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from cardtool.pcsc.virtual.piv import VirtualPivCard
from tests.system import neighbour
from tests.system.acts import When
from tests.system.pcscd import READERS
from tests.system.scene import Scene

BETWEEN = "GET /cards"
"""Asked after the look at the card and before the PIN: nobody holds the card then."""
HELD = ["POST /orders", "POST /relays/*/response", "POST /orders/*/request", "POST /orders/*/stored"]
"""Asked in the midst of the transaction in which the card is authorised, gets its key and its certificate."""


def test_reset_between_look_and_pin(watched: Scene):
    person = watched.office.people()[0]
    watched.insert(person)
    reset = watched.acts.plan(When.BEFORE, BETWEEN, lambda: neighbour.reset(READERS[0]))
    done = watched.tool.apply(person)
    assert reset.came
    watched.assert_agreed(person, done)


@pytest.mark.parametrize("moment", HELD)
def test_reset_has_to_wait_for_the_transaction(watched: Scene, moment: str):
    person = watched.office.people()[0]
    watched.insert(person)
    waiting = threading.Thread(target=neighbour.reset, args=(READERS[0],))
    begun = watched.acts.plan(When.BEFORE, moment, waiting.start)
    done = watched.tool.apply(person)
    assert begun.came
    waiting.join(10)
    assert not waiting.is_alive()
    watched.assert_agreed(person, done)


def test_kept_by_another_program(watched: Scene):
    person = watched.office.people()[0]
    watched.insert(person)
    with neighbour.keeping(READERS[0]):
        cards, first = watched.tool.run("cards"), watched.tool.apply(person)
    assert (cards.status, cards.said["readers"][0]["kind"]) == (0, "held")
    assert (first.status, first.code) == (4, "C104")
    assert not any(name.startswith("VERIFY") for name in watched.acts.names)
    watched.assert_agreed(person, watched.tool.apply(person))


def test_taken_between_look_and_pin(watched: Scene):
    """It waits a little for the other program, then says so; no try is spent."""
    person = watched.office.people()[0]
    card = watched.insert(person)
    with ExitStack() as other:
        taken = watched.acts.plan(
            When.BEFORE, BETWEEN, lambda: other.enter_context(neighbour.keeping(READERS[0]))
        )
        first = watched.tool.apply(person)
    assert taken.came
    assert (first.status, first.code) == (4, "C104")
    assert VirtualPivCard.inspect(card.state).pin.tries == 3
    watched.assert_agreed(person, watched.tool.apply(person))
