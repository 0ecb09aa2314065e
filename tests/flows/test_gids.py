"""A GIDS card in the wizards: PIN, overview and signature test work on it; applying on it is refused unharmed."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from cardtool.cards.desk import Desk
from cardtool.cards.gids import recipes
from cardtool.cards.gids.files import CardFiles
from cardtool.errors import Cancelled, CardSwapped, PinNotSent, WrongPin
from cardtool.flows.apply_card import APC, ApplyContext
from cardtool.flows.card_login import CRD
from cardtool.flows.context import Context
from cardtool.flows.questions import ChooseCard
from cardtool.flows.signature_test import SIG, SignatureTestContext
from cardtool.pcsc.apdu import INS
from cardtool.pcsc.virtual.gids import VirtualGidsCard
from cardtool.pcsc.virtual.reader import VirtualHub
from cardtool.secret import Secret
from tests.contract.gids_card import FACTORY, self_signed
from tests.support.bench import READER, Bench, pin

PIN = FACTORY["pin"]


def filled_card(containers: int = 1) -> VirtualGidsCard:
    """With so many keys, each with a certificate."""
    card, hub = VirtualGidsCard.create(), VirtualHub()
    hub.plug(READER)
    hub.insert(READER, card)
    with Desk(hub).gids_session(READER) as session:
        session.verify_pin(Secret(PIN))
        files = CardFiles(session)
        for _ in range(containers):
            container, public = recipes.new_container(session, files)
            der = self_signed(recipes.private_key(session, container, public)).public_bytes(Encoding.DER)
            recipes.write_certificate(files, container, der)
    hub.pull(READER)
    return card


@pytest.fixture
def gids(bench: Bench) -> Bench:
    bench.hub.insert(READER, filled_card())
    bench.says("CRD-2", pin(PIN))
    bench.says("SIG-2", pin(PIN))
    return bench


def test_the_login_shows_what_is_on_it(gids: Bench):
    context = Context(gids.ports)
    assert gids.run(CRD, context) is None
    card = context.chosen_card
    assert (card.kind, [held.slot.label for held in card.certificates]) == ("gids", ["kxc00"])
    assert gids.pins_presented() == 1


def test_it_proves_its_key(gids: Bench):
    context = SignatureTestContext(gids.ports)
    assert gids.run(SIG, context) is None
    assert context.outcome is not None
    assert context.outcome.slot.label == "kxc00"
    assert gids.pins_presented() == 1


def test_of_several_keys_the_person_chooses(gids: Bench):
    gids.hub.insert(READER, filled_card(containers=2))
    gids.says("SIG-1", lambda question: question.certificates[1].slot)
    context = SignatureTestContext(gids.ports)
    assert gids.run(SIG, context) is None
    assert context.outcome is not None
    assert context.outcome.slot.label == "kxc01"


def test_a_wrong_pin_costs_one_try_and_its_length_is_that_of_gids(bench: Bench):
    bench.hub.insert(READER, filled_card())
    bench.says("CRD-2", pin("123"), pin("9999"), pin("9999"), pin(PIN))
    assert bench.run(CRD, Context(bench.ports)) is None
    asked = [type(error) for error in bench.errors("CRD-2")]
    assert asked == [type(None), PinNotSent, WrongPin, PinNotSent]
    assert bench.pins_presented() == 2


def test_another_card_of_the_kind_gets_no_pin(bench: Bench):
    bench.hub.insert(READER, filled_card())

    def swap(_question: object) -> object:
        bench.hub.insert(READER, filled_card())
        return pin(PIN)

    bench.says("CRD-2", swap)
    bench.says("CRD-1", Cancelled())
    assert isinstance(bench.run(CRD, Context(bench.ports)), Cancelled)
    assert isinstance(bench.errors("CRD-1")[0], CardSwapped)
    assert bench.pins_presented() == 0


def test_nobody_applies_on_a_card_that_no_ra_made_its_own(gids: Bench):
    gids.says("APC-2", Cancelled())
    assert isinstance(gids.run(APC, ApplyContext(gids.ports, "blue")), Cancelled)
    [question] = gids.asked("APC-2")
    assert isinstance(question, ChooseCard)
    assert [choice.obstacle and choice.obstacle.code for choice in question.choices] == ["C304"]
    assert not gids.sent(INS.VERIFY)
