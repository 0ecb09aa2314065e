"""The card's word that it made the key itself. It tells the RA serial and firmware: only where the unit demands it."""

from __future__ import annotations

from cardtool.cards.piv import yubico
from cardtool.cards.piv.attestation import attest
from cardtool.cards.piv.types import Slot
from cardtool.errors import (
    CardAnswerMalformed,
    CardCannotAttest,
    CardCommandFailed,
    NotSupportedByCard,
    ObjectNotFound,
    SecurityStatusNotSatisfied,
)
from cardtool.flows.apply_card.context import ApplyContext
from cardtool.ra.wire import Attestation, KeyOrigin

_NO_WORD = (
    CardAnswerMalformed,
    CardCommandFailed,
    NotSupportedByCard,
    ObjectNotFound,
    SecurityStatusNotSatisfied,
)


def require_attesting_card(context: ApplyContext) -> None:
    """Found out with the 9E key, which personalisation had the card make: before a key is made in vain.

    Raises CardCannotAttest.
    """
    attestation_of(context, Slot.CARD_AUTHENTICATION)


def attestation_of(context: ApplyContext, slot: Slot) -> Attestation | None:
    """About the key in ``slot``, read anew each time; None where the unit demands none. Raises CardCannotAttest."""
    if context.policy.key_origin is not KeyOrigin.ATTESTED:
        return None
    extensions = yubico.detect(context.piv)
    if extensions is None:
        raise CardCannotAttest
    try:
        statement, intermediate = attest(context.piv, extensions, slot)
    except _NO_WORD as error:
        raise CardCannotAttest from error
    return Attestation(statement, intermediate)
