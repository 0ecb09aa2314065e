"""CRD: choose a card, present its PIN, see what is on it."""

from __future__ import annotations

from cardtool.cards.recognise import is_same
from cardtool.errors import CardRemoved
from cardtool.flows.choosing import card_is_here, card_mends, choose_card, forget_card, present_pin
from cardtool.flows.context import Context
from cardtool.flows.engine import Flow, Step


def _look_again(context: Context) -> None:
    """What is shown after the login is read afresh: the PIN status changed."""
    known = context.chosen_card
    context.release_card()
    found = next((card for card in context.ports.desk.survey() if is_same(card, known)), None)
    if found is None:
        raise CardRemoved
    context.card = found


CRD: Flow[Context] = Flow(
    "CRD",
    (
        Step("choose-card", lambda context: choose_card(context, "CRD-1"), card_is_here, forget_card),
        Step("pin", lambda context: present_pin(context, "CRD-2", None)),
        Step("overview", _look_again),
    ),
    card_mends(),
)
