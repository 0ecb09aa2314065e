"""The PUK, presented with care: some cards erase every private key when PIN and PUK are both blocked (spec 3.3).

Each presentation is made on a card that was just reset (``Desk.session(reader, fresh=True)``): after one success
some applets take any PUK until then, so that a wrong one would seem right.
"""

from __future__ import annotations

from cardtool.cards.piv.session import PivSession, check_value
from cardtool.cards.piv.types import KeyRef
from cardtool.cards.piv.yubico import YubicoExtensions
from cardtool.errors import (
    Defect,
    LastTry,
    NotSupportedByCard,
    ObjectNotFound,
    PukBlocked,
    PukTriesUnknown,
)
from cardtool.secret import Secret


def puk_tries(extensions: YubicoExtensions | None) -> int | None:
    """What is left, without spending one; None where the card has no metadata to tell it."""
    if extensions is None:
        return None
    try:
        return extensions.metadata(KeyRef.PUK).tries_left
    except (NotSupportedByCard, ObjectNotFound):
        return None


def unblock_pin(
    session: PivSession,
    puk: Secret,
    new_pin: Secret,
    *,
    extensions: YubicoExtensions | None = None,
    vouched_tries: int | None = None,
    last_try_confirmed: bool = False,
) -> None:
    """Set a new PIN with the PUK, in one presentation.

    ``vouched_tries``: for cards that do not tell, what somebody answers for: the RA that set PUK and tries and
    knows of no wrong one since, or this card's own answer to the last wrong one.

    Raises, with nothing sent: PinNotSent, PukBlocked, PukTriesUnknown, LastTry (unless confirmed), Defect (the
    card was not reset). Else WrongPuk, PukBlocked, PinRefused.
    """
    _before_presenting(session, puk, extensions, vouched_tries, last_try_confirmed)
    check_value(new_pin)
    session.reset_retry_counter(puk, new_pin)


def change_puk(
    session: PivSession,
    puk: Secret,
    new_puk: Secret,
    *,
    extensions: YubicoExtensions | None = None,
    vouched_tries: int | None = None,
    last_try_confirmed: bool = False,
) -> None:
    """Likewise for a new PUK."""
    _before_presenting(session, puk, extensions, vouched_tries, last_try_confirmed)
    check_value(new_puk)
    session.change_reference_data(KeyRef.PUK, puk, new_puk)


def _before_presenting(
    session: PivSession,
    puk: Secret,
    extensions: YubicoExtensions | None,
    vouched_tries: int | None,
    last_try_confirmed: bool,
) -> None:
    check_value(puk)
    if session.status_gained:
        raise Defect("CardNotReset")
    told = puk_tries(extensions)
    tries = vouched_tries if told is None else told
    if tries is None:
        raise PukTriesUnknown
    if tries == 0:
        raise PukBlocked
    if tries == 1 and not last_try_confirmed:
        raise LastTry
