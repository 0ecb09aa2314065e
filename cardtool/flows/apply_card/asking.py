"""APC-1 to APC-3: the registration data and terms, the card, the PIN."""

from __future__ import annotations

from cardtool.cards.overview import CardOverview
from cardtool.errors import (
    CardNotPersonalised,
    CardNotYours,
    CardToolError,
    NotFoundAtRa,
    PinBlocked,
    RegistrationNotApproved,
    TermsNotAccepted,
)
from cardtool.flows.apply_card.context import ApplyContext
from cardtool.flows.choosing import card_obstacle, choose_card, present_pin
from cardtool.flows.questions import AcceptTerms
from cardtool.ra.wire import Order


def accept_terms(context: ApplyContext) -> None:
    """APC-1. An application under way was accepted when it began."""
    account = context.account = context.ra.account()
    if open_orders(context):
        context.resumed = True
    elif account.registration != "approved":
        raise RegistrationNotApproved
    assert context.unit is not None
    context.terms = context.ra.terms(context.unit_id)
    if context.resumed:
        return
    question = AcceptTerms(
        account=account, unit=context.unit, terms=context.terms, error=context.take_trouble()
    )
    if not context.ports.prompts.ask(question):
        raise TermsNotAccepted


def have_terms(context: ApplyContext) -> bool:
    return context.terms is not None


def forget_terms(context: ApplyContext) -> None:
    context.terms = None


def open_orders(context: ApplyContext) -> tuple[Order, ...]:
    return tuple(order for order in context.ra.open_orders() if order.kind == "apply")


def choose_own_card(context: ApplyContext) -> None:
    """APC-2: personalised by this RA, this customer's, with a PIN that can still be presented."""
    choose_card(context, "APC-2", lambda card: _obstacle(context, card))


def _obstacle(context: ApplyContext, card: CardOverview) -> CardToolError | None:
    obstacle = card_obstacle(card)
    if obstacle is not None:
        return obstacle
    if card.verification_key is None:
        return CardNotPersonalised()
    if card.pin is not None and card.pin.tries_left == 0:
        return PinBlocked()
    return _obstacle_at_ra(context, card.verification_key)


def _obstacle_at_ra(context: ApplyContext, verification_key: str) -> CardToolError | None:
    """The RA is asked once per card: its answer does not change while the page is open."""
    if verification_key not in context.cards_at_ra:
        try:
            context.cards_at_ra[verification_key] = context.ra.card_by_key(verification_key)
        except NotFoundAtRa:
            return CardNotPersonalised()
    return None if context.cards_at_ra[verification_key].mine else CardNotYours()


def ask_pin(context: ApplyContext) -> None:
    """APC-3."""
    present_pin(context, "APC-3", context.policy, resumed=context.resumed)


def card_is_held(context: ApplyContext) -> bool:
    return context.holds_card
