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


def test_reset_between_look_and_pin(scene: Scene):
    person = scene.person()
    scene.insert(person)
    reset = scene.acts.plan(When.BEFORE, BETWEEN, lambda: neighbour.reset(READERS[0]))
    done = scene.tool.apply(person)
    assert reset.came
    scene.assert_agreed(person, done)


@pytest.mark.parametrize("moment", HELD)
def test_reset_has_to_wait_for_the_transaction(scene: Scene, moment: str):
    person = scene.person()
    scene.insert(person)
    waiting = threading.Thread(target=neighbour.reset, args=(READERS[0],))
    begun = scene.acts.plan(When.BEFORE, moment, waiting.start)
    done = scene.tool.apply(person)
    assert begun.came
    waiting.join(60)
    assert not waiting.is_alive()
    scene.assert_agreed(person, done)


def test_kept_by_another_program(scene: Scene):
    person = scene.person()
    scene.insert(person)
    with neighbour.keeping(READERS[0]):
        cards, first = scene.tool.run("cards"), scene.tool.apply(person)
    assert (cards.status, cards.said["readers"][0]["kind"]) == (0, "held")
    assert (first.status, first.code) == (4, "C104")
    assert not any(name.startswith("VERIFY") for name in scene.acts.names)
    scene.assert_agreed(person, scene.tool.apply(person))


def test_taken_between_look_and_pin(scene: Scene):
    """It waits a little for the other program, then says so; no try is spent."""
    person = scene.person()
    card = scene.insert(person)
    with ExitStack() as other:
        taken = scene.acts.plan(
            When.BEFORE, BETWEEN, lambda: other.enter_context(neighbour.keeping(READERS[0]))
        )
        first = scene.tool.apply(person)
    assert taken.came
    assert (first.status, first.code) == (4, "C104")
    assert VirtualPivCard.inspect(card.state).pin.tries == 3
    scene.assert_agreed(person, scene.tool.apply(person))
