"""A sample of the fault matrix with everything real: processes, pcscd, sockets, SIGKILL.

The whole matrix runs in-process (tests/matrix); here its most telling acts are disturbed for real. That the sample
leaves out no kind of act that changes a card or an order is checked against the recorded sequence.
"""

from __future__ import annotations

import pytest

from tests.system.acts import When, lose
from tests.system.programs import Ended, Person
from tests.system.scene import Scene

MOST_RUNS = 3
BEFORE, AFTER = When.BEFORE, When.AFTER
GENERATE = "GENERATE ASYMMETRIC KEY PAIR 009A"
VERIFY, PIN_ITSELF = "VERIFY 0080", 3
"""The third one: two ask for the tries left before."""
CARD_PROOF, ADMIN, SIGN = (f"GENERAL AUTHENTICATE {key}" for key in ("119E", "0A9B", "079A"))
WRITE_PART, WRITE_END = "PUT DATA 3FFF…", "PUT DATA 3FFF"
CERTIFICATE, CHUID = 1, 2
CSR, PROOF = 1, 2

PULLS = [
    (AFTER, VERIFY, PIN_ITSELF),
    (AFTER, CARD_PROOF, 1),
    (AFTER, ADMIN, 2),
    (BEFORE, GENERATE, 1),
    (AFTER, GENERATE, 1),
    (AFTER, SIGN, CSR),
    (BEFORE, WRITE_PART, 3),
    (AFTER, WRITE_END, CERTIFICATE),
    (BEFORE, WRITE_END, CHUID),
    (AFTER, SIGN, PROOF),
]
LOSSES = [
    (AFTER, "POST /orders"),
    (AFTER, "PUT /cards/*/verifications/*"),
    (AFTER, "POST /relays/*/witness"),
    (AFTER, "POST /relays/*/response"),
    (BEFORE, "POST /orders/*/request"),
    (AFTER, "POST /cards/*/guids"),
    (AFTER, "POST /orders/*/stored"),
]
KILLS = [
    (AFTER, "POST /orders", 1),
    (AFTER, GENERATE, 1),
    (BEFORE, "POST /orders/*/request", 1),
    (AFTER, WRITE_END, CERTIFICATE),
    (AFTER, "POST /orders/*/stored", 1),
]
SAMPLED = {name for _when, name, _nth in (*PULLS, *KILLS)} | {name for _when, name in LOSSES}
HARMLESS = ("SELECT", "GET ")


def through(scene: Scene, person: Person, ended: Ended) -> Ended:
    """Start again, as the person would, until it is done."""
    runs = 1
    while ended.status != 0 and runs < MOST_RUNS:
        ended = scene.tool.apply(person)
        runs += 1
    return ended


def test_the_sample_leaves_out_no_kind_of_change(scene: Scene):
    person = scene.person()
    scene.insert(person)
    scene.assert_agreed(person, scene.tool.apply(person))
    before_the_order = scene.acts.names.index("POST /orders")
    changes = {name for name in scene.acts.names[before_the_order:] if not name.startswith(HARMLESS)}
    assert changes - SAMPLED <= {f"{SIGN}…", "POST /cards/*/verifications", "POST /orders/*/relays"}


@pytest.mark.parametrize(("when", "act", "nth"), PULLS)
def test_card_pulled(scene: Scene, when: When, act: str, nth: int):
    person = scene.person()
    scene.insert(person)
    pulled = scene.acts.plan(when, act, lose, nth)
    first = scene.tool.apply(person)
    assert pulled.came
    assert (first.status, first.code) == (4, "C101")
    scene.put_back()
    scene.assert_agreed(person, through(scene, person, first))


@pytest.mark.parametrize(("when", "act"), LOSSES)
def test_exchange_with_the_ra_lost(scene: Scene, when: When, act: str):
    """The same request, sent again, mends it within the same run."""
    person = scene.person()
    scene.insert(person)
    lost = scene.acts.plan(when, act, lose)
    done = scene.tool.apply(person)
    assert lost.came
    scene.assert_agreed(person, done)


@pytest.mark.parametrize(("when", "act", "nth"), KILLS)
def test_cardtool_killed(scene: Scene, when: When, act: str, nth: int):
    person = scene.person()
    scene.insert(person)
    killed = scene.acts.plan(when, act, scene.tool.kill, nth)
    first = scene.tool.apply(person)
    assert killed.came
    scene.assert_agreed(person, through(scene, person, first))
