"""APC in a unit that wants proof of where keys are made: the card gives it, or nothing begins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cardtool.errors import CardCannotAttest, RaFault, RequestRefused
from cardtool.flows.apply_card import APC, ApplyContext
from cardtool.pcsc.apdu import INS
from cardtool.pcsc.virtual.piv.personality import Extension
from server_stub.db.models import Certificate, Order
from tests.support.bench import Bench
from tests.support.ra_answers import fault, unavailable

REQUEST = "POST /orders/[0-9a-f]+/request"


@pytest.fixture
def demanding(bench: Bench, unit: str) -> Bench:
    bench.office.change_card(unit, key_origin="attested")
    return bench


def context_of(bench: Bench) -> ApplyContext:
    return ApplyContext(bench.ports, bench.template.unit)


def take_from_card(bench: Bench, *lost: Extension) -> None:
    state = bench.card.state
    state.personality = replace(state.personality, extensions=state.personality.extensions - {*lost})


def origins(bench: Bench) -> list[str]:
    with bench.office.ra.act(write=False) as act:
        return [row.key_origin for row in act.db.query(Certificate).filter(Certificate.state == "valid")]


def test_nobody_asks_and_the_card_tells_nothing(bench: Bench) -> None:
    assert bench.run(APC, context_of(bench)) is None
    assert origins(bench) == ["not-proven"]
    assert bench.sent(INS.ATTEST) == []


@pytest.mark.parametrize("unit", ["blue", "green"])
def test_the_card_proves_that_it_made_the_key(demanding: Bench) -> None:
    assert demanding.run(APC, context_of(demanding)) is None
    assert origins(demanding) == ["attested"]


@pytest.mark.parametrize("lost", [(Extension.ATTESTATION,), tuple(Extension)])
def test_a_card_that_cannot_is_refused_before_anything_is_made(
    demanding: Bench, lost: tuple[Extension, ...]
) -> None:
    take_from_card(demanding, *lost)
    assert isinstance(demanding.run(APC, context_of(demanding)), CardCannotAttest)
    assert not demanding.wrote()
    with demanding.office.ra.act(write=False) as act:
        assert act.db.query(Order).count() == 0


def test_any_card_will_do_where_nothing_is_demanded(bench: Bench) -> None:
    take_from_card(bench, *Extension)
    assert bench.run(APC, context_of(bench)) is None
    assert origins(bench) == ["not-proven"]


def test_after_a_lost_answer_the_word_is_given_anew(demanding: Bench) -> None:
    demanding.spoil(REQUEST, fault)
    assert isinstance(demanding.run(APC, context_of(demanding)), RaFault)
    assert demanding.run(APC, context_of(demanding)) is None
    assert origins(demanding) == ["attested"]


def test_before_the_ra_had_the_request_it_is_given_anew_as_well(demanding: Bench) -> None:
    demanding.refuse(REQUEST, unavailable)
    assert isinstance(demanding.run(APC, context_of(demanding)), RaFault)
    assert demanding.run(APC, context_of(demanding)) is None
    assert origins(demanding) == ["attested"]


def test_the_word_of_another_card_is_not_believed(demanding: Bench) -> None:
    demanding.card.state.serial += 1
    refused = demanding.run(APC, context_of(demanding))
    assert isinstance(refused, RequestRefused)
    assert refused.reason == "attestation"
    assert origins(demanding) == []
