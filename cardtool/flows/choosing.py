"""Choosing a card and presenting its PIN: the two steps that every card wizard shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cardtool.cards.gids.recipes import read_pin_status
from cardtool.cards.gids.session import GidsSession
from cardtool.cards.overview import CardOverview
from cardtool.cards.pin import PinStatus
from cardtool.cards.piv.session import PivSession
from cardtool.cards.recognise import identity_of, is_same
from cardtool.errors import (
    CardHeld,
    CardMute,
    CardRemoved,
    CardSwapped,
    CardToolError,
    CardWasReset,
    LastTry,
    NoCard,
    PinBlocked,
    PinNotSent,
    PinRefused,
    ReaderUnplugged,
    UnknownCard,
    WrongPin,
)
from cardtool.flows.context import Context
from cardtool.flows.engine import Mend
from cardtool.flows.questions import AskPin, CardChoice, ChooseCard, PinAnswer
from cardtool.flows.rules import pin_fault, pin_limits
from cardtool.ra.wire import CardPolicy
from cardtool.secret import Secret

Obstacle = Callable[[CardOverview], CardToolError | None]
CARD_AWAY = (CardRemoved, ReaderUnplugged, CardWasReset, NoCard, CardMute, CardHeld, CardSwapped)
"""What the person can put right with the card in hand; the wizard waits for it on its card page."""
LATER_PIN = (WrongPin, PinNotSent)
"""What a second PIN on a reader's keypad may come to: the wizard asks for it again from its PIN page."""


def kind_obstacle(card: CardOverview) -> CardToolError | None:
    """Why this card cannot be spoken to at all, None if it can."""
    obstacles: dict[str, CardToolError] = {
        "empty": NoCard(card.reader),
        "mute": CardMute(card.reader),
        "held": CardHeld(card.reader),
        "unknown": UnknownCard(card.atr.hex() if card.atr else ""),
    }
    return obstacles.get(card.kind)


def pin_obstacle(card: CardOverview) -> CardToolError | None:
    """Told before anything is typed: a blocked PIN."""
    return PinBlocked() if card.pin is not None and card.pin.tries_left == 0 else None


def card_obstacle(card: CardOverview) -> CardToolError | None:
    """Why no PIN can be presented to this card, None if one can."""
    return kind_obstacle(card) or pin_obstacle(card)


def choose_card(context: Context, page: str, obstacle: Obstacle = card_obstacle) -> None:
    """Take the one card that fits; otherwise ask, and look again whenever the answer is None.

    ``context.card`` set before means: this very card is meant (it may lie in another reader now).
    """
    error: CardToolError | None = None
    while True:
        choices = tuple(
            CardChoice(card, obstacle(card) or _swapped(context, card))
            for card in context.ports.desk.survey()
        )
        only = _only_fitting(context, choices)
        if only is not None and not context.always_ask_card:
            context.card, context.reader, context.card_is_here = only, only.reader, True
            return
        error = error or context.take_trouble()
        named = "" if context.card else context.reader
        question = ChooseCard(page=page, choices=choices, reader=named, error=error)
        answer = context.ports.prompts.ask(question)
        if answer is None:
            continue
        chosen = next((choice for choice in choices if choice.overview.reader == answer), None)
        error = chosen.obstacle if chosen else NoCard(answer)
        if error is None and chosen:
            context.reader, context.always_ask_card = answer, False


def _swapped(context: Context, card: CardOverview) -> CardToolError | None:
    """The wizard began with another card: that one may come back, or the person goes back to choose anew."""
    if context.card is None or is_same(card, context.card):
        return None
    return CardSwapped()


def _only_fitting(context: Context, choices: tuple[CardChoice, ...]) -> CardOverview | None:
    fitting = [choice.overview for choice in choices if choice.obstacle is None]
    if context.card is None and context.reader:
        fitting = [card for card in fitting if card.reader == context.reader]
    return fitting[0] if len(fitting) == 1 else None


def card_is_here(context: Context) -> bool:
    return context.card_is_here


def forget_card(context: Context) -> None:
    """The person came back to this page: ask even if only one card fits."""
    context.release_card()
    context.card, context.reader, context.pin_was_right = None, "", False
    context.card_is_here, context.always_ask_card = False, True


def card_lost(context: Context, error: CardToolError) -> None:
    """Pulled, taken or swapped: look for the same card again, then ask for consent by its PIN."""
    context.release_card()
    context.card_is_here, context.trouble = False, error


def card_mends() -> tuple[Mend[Context], ...]:
    """For flows whose first card step is named ``choose-card``."""
    return tuple(Mend(error, "choose-card", card_lost) for error in (*CARD_AWAY, *LATER_PIN))


def present_pin(context: Context, page: str, policy: CardPolicy | None, *, resumed: bool = False) -> None:
    """Ask for the PIN and present it once per answer. Afterwards the card is held in one transaction.

    What cannot be right is never sent; the last try is sent only when the person confirmed it. Every
    answer is followed by at most one VERIFY (spec 3.6).
    """
    error = context.take_trouble()
    while True:
        card = context.chosen_card
        answer = context.ports.prompts.ask(
            AskPin(
                page=page,
                card=card,
                tries_left=card.pin.tries_left if card.pin else None,
                policy=policy,
                resumed=resumed,
                accepted_before=context.pin_was_right,
                pad=card.pin_pad,
                error=error,
            )
        )
        error = _judge(context, answer, policy)
        if error is None:
            context.pin, context.pin_was_right = answer.pin, True
            return


def _judge(context: Context, answer: PinAnswer, policy: CardPolicy | None) -> CardToolError | None:
    """Why to ask again, None if the card accepted. A PIN that was refused is remembered, no other is."""
    refused = context.refused_pins.setdefault(identity_of(context.chosen_card), [])
    error: CardToolError | None = None
    try:
        limits = pin_limits(context.chosen_card, policy)
        if answer.pin is not None:
            error = pin_fault(answer.pin, limits, refused)
        error = error or _try_pin(context, answer)
    except BaseException:
        _wipe(answer.pin)
        raise
    if isinstance(error, WrongPin) and answer.pin is not None:
        refused.append(answer.pin)
    elif error is not None:
        _wipe(answer.pin)
    return error


def _wipe(pin: Secret | None) -> None:
    if pin is not None:
        pin.wipe()


def _try_pin(context: Context, answer: PinAnswer) -> CardToolError | None:
    """One VERIFY. When it fails the card is given back, so that nobody waits while the person types."""
    session = context.hold_card()
    tries_left = _tries_left(session)
    if tries_left == 0:
        raise PinBlocked
    try:
        if tries_left == 1 and not answer.last_try:
            raise LastTry
        if answer.pin is None:
            context.verify_on_reader()
        else:
            session.verify_pin(answer.pin)
    except (WrongPin, PinRefused, PinNotSent, LastTry) as error:
        context.release_card()
        context.card = replace(context.chosen_card, pin=_status_after(error, tries_left))
        return error
    return None


def _tries_left(session: PivSession | GidsSession) -> int | None:
    if isinstance(session, GidsSession):
        return read_pin_status(session).tries_left
    return session.pin_status().tries_left


def _status_after(error: CardToolError, before: int | None) -> PinStatus:
    left = error.tries_left if isinstance(error, WrongPin) else before
    return PinStatus(verified=False, tries_left=left)
