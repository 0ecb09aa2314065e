"""APC-1 to APC-3: the registration data and terms, the card, the PIN."""

from __future__ import annotations

from cardtool.cards.overview import CardOverview
from cardtool.cards.piv.types import Slot
from cardtool.errors import (
    CardHasCertificate,
    CardNotPersonalised,
    CardNotYours,
    CardToolError,
    NotFoundAtRa,
    RegistrationNotApproved,
    TermsNotAccepted,
)
from cardtool.flows.apply_card.context import FINISHED, ApplyContext
from cardtool.flows.apply_card.slots import allowed_slots, free_slot
from cardtool.flows.choosing import choose_card, kind_obstacle, pin_obstacle, present_pin
from cardtool.flows.context import unfinished
from cardtool.flows.ports import Back
from cardtool.flows.questions import AcceptTerms
from cardtool.ra.wire import Account, Order


def accept_terms(context: ApplyContext) -> None:
    """APC-1. An application under way was accepted when it began."""
    account = context.account = context.ra.account()
    if open_orders(context):
        context.resumed = True
    elif account.registration != "approved":
        take_up_finished(context, account)
        return
    assert context.unit is not None
    context.terms = context.ra.terms(context.unit_id)
    if context.resumed:
        return
    question = AcceptTerms(
        account=account, unit=context.unit, terms=context.terms, error=context.take_trouble()
    )
    if not context.ports.prompts.ask(question):
        raise TermsNotAccepted


def take_up_finished(context: ApplyContext, account: Account) -> None:
    """The RA may have noted the end of an application whose last answer was lost: then this was its end.

    Raises RegistrationNotApproved where there was none.
    """
    entry = unfinished(context, "APC")
    order = _order_or_none(context, entry.order) if entry else None
    if entry is not None:
        context.ports.journal.close(entry)
    if entry is None or order is None or order.state not in FINISHED or order.certificate is None:
        raise RegistrationNotApproved(account.registration.value)
    context.order, context.slot, context.resumed = order, Slot.from_label(entry.slot), True


def _order_or_none(context: ApplyContext, order: str) -> Order | None:
    try:
        return context.ra.order(order)
    except NotFoundAtRa:
        return None


def have_terms(context: ApplyContext) -> bool:
    return context.terms is not None or context.stored


def forget_terms(context: ApplyContext) -> None:
    context.terms = None
    if context.resumed:
        raise Back


def open_orders(context: ApplyContext) -> tuple[Order, ...]:
    return tuple(order for order in context.ra.open_orders() if order.kind == "apply")


def choose_own_card(context: ApplyContext) -> None:
    """APC-2: personalised by this RA, this customer's, PIN not blocked, room for a certificate."""
    choose_card(context, "APC-2", lambda card: _obstacle(context, card))


def _obstacle(context: ApplyContext, card: CardOverview) -> CardToolError | None:
    obstacle = kind_obstacle(card)
    if obstacle is not None:
        return obstacle
    if card.verification_key is None:
        return CardNotPersonalised()
    return (
        pin_obstacle(card)
        or _obstacle_at_ra(context, card.verification_key)
        or _obstacle_in_slots(context, card, card.verification_key)
    )


def _obstacle_at_ra(context: ApplyContext, verification_key: str) -> CardToolError | None:
    """The RA is asked once per card: its answer does not change while the page is open."""
    if verification_key not in context.cards_at_ra:
        try:
            context.cards_at_ra[verification_key] = context.ra.card_by_key(verification_key)
        except NotFoundAtRa:
            return CardNotPersonalised()
    return None if context.cards_at_ra[verification_key].mine else CardNotYours()


def _obstacle_in_slots(
    context: ApplyContext, card: CardOverview, verification_key: str
) -> CardToolError | None:
    """A working certificate, told before the PIN is asked; an application under way may have put it there."""
    held = {slot: card.certificate(slot) for slot in allowed_slots(context)}
    try:
        free_slot(held, context.ports.clock.now(), context.ra.certificates)
    except CardHasCertificate as working:
        card_id = context.cards_at_ra[verification_key].card_id
        under_way = any(order.card_id == card_id for order in open_orders(context))
        return None if under_way else working
    return None


def own_card_is_here(context: ApplyContext) -> bool:
    return context.card_is_here or context.stored


def ask_pin(context: ApplyContext) -> None:
    """APC-3."""
    present_pin(context, "APC-3", context.policy, resumed=context.resumed)


def card_is_held(context: ApplyContext) -> bool:
    return context.holds_card or context.stored
