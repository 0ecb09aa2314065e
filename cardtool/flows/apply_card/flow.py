"""The steps of APC in order, and what is mended without leaving the wizard."""

from __future__ import annotations

from cardtool.errors import CardToolError, OrderConflict, RelayVoid, TermsChanged
from cardtool.flows.apply_card import acts, asking
from cardtool.flows.apply_card.context import ApplyContext
from cardtool.flows.choosing import card_lost, card_mends, forget_card
from cardtool.flows.engine import Flow, Mend, Step
from cardtool.flows.ports import Act
from cardtool.flows.sign_in import SIGN_IN_AGAIN, check_clock, sign_in_steps

PAGE = "APC-4"
AUTHORISE = Act("authorise-card", PAGE, usual=(1, 4))
CREATE_KEY = Act("create-key", PAGE, usual=(3, 20), cancellable=False)
SEND = Act("send-request", PAGE, usual=(1, 5))
WRITE = Act("write", PAGE, usual=(1, 3))
READ_BACK = Act("read-back", PAGE, usual=(0.2, 1))
PROVE = Act("prove", PAGE, usual=(0.5, 3))


def _terms_changed(context: ApplyContext, error: CardToolError) -> None:
    """Ask with the new text; the card is given back meanwhile."""
    context.release_card()
    context.terms, context.trouble = None, error


def _begin_again(context: ApplyContext, error: CardToolError) -> None:
    """An issued, never stored certificate cannot be used any more: cancel (the RA revokes it), begin again."""
    if not isinstance(error, OrderConflict) or error.state not in acts.BEGIN_AGAIN:
        raise error
    context.ra.cancel_order(context.open_order.id)
    card_lost(context, error)
    context.order, context.slot, context.trouble = None, None, None


APC: Flow[ApplyContext] = Flow(
    "APC",
    (
        *sign_in_steps(),
        Step("clock", check_clock),
        Step("terms", asking.accept_terms, asking.have_terms, asking.forget_terms),
        Step("choose-card", asking.choose_own_card, asking.own_card_is_here, forget_card),
        Step("pin", asking.ask_pin, asking.card_is_held),
        Step("open-order", acts.open_order, acts.has_order),
        Step("authorise-card", acts.authorise_card, acts.is_authorised, act=AUTHORISE),
        Step("create-key", acts.create_key, acts.key_is_there, act=CREATE_KEY),
        Step("send-request", acts.send_request, acts.has_certificate, act=SEND),
        Step("check-certificate", acts.check_certificate, acts.is_checked),
        Step("write", acts.write, acts.is_written, act=WRITE),
        Step("announce-change", acts.announce_change, acts.guid_is_new),
        Step("read-back", acts.read_back, acts.is_stored, act=READ_BACK),
        Step("prove", acts.prove, acts.is_stored, act=PROVE),
        Step("finish", acts.finish, cancellable=False),
    ),
    (
        SIGN_IN_AGAIN,
        *card_mends(),
        Mend(RelayVoid, "choose-card", card_lost),
        Mend(TermsChanged, "terms", _terms_changed),
        Mend(OrderConflict, "choose-card", _begin_again),
    ),
)
