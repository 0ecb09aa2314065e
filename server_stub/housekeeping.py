"""What a running server does beside answering: seal the audit log, settle with the bank, drop what had its time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Delete, delete

from server_stub import debits, limits
from server_stub.db.errors import DatabaseAway, DatabaseBusy
from server_stub.db.models import (
    Captcha,
    CardChallenge,
    OfficerSession,
    Rate,
    SignInCounter,
    SignInSession,
    StoredAnswer,
)
from server_stub.ra import Act, Ra
from server_stub.seals import Notary

SEAL_EVERY_SECONDS = 10
SWEEP_EVERY_SECONDS = 600
_ANSWERS_KEPT = timedelta(days=7)
_COUNTERS_KEPT = timedelta(days=90)
_log = logging.getLogger(__name__)


async def keep_house(ra: Ra, notary: Notary) -> None:
    """Runs until it is cancelled."""
    rounds = SWEEP_EVERY_SECONDS // SEAL_EVERY_SECONDS
    while True:
        for _ in range(rounds):
            await asyncio.sleep(SEAL_EVERY_SECONDS)
            await asyncio.to_thread(attempt, lambda: notary.seal(ra))
            await asyncio.to_thread(attempt, lambda: debits.settle_all(ra))
        await asyncio.to_thread(attempt, lambda: sweep(ra))


def attempt(work: Callable[[], None]) -> None:
    """What cannot be done now (the database is away, the disk full) is done later; so it is after a defect."""
    try:
        work()
    except (DatabaseAway, DatabaseBusy, OSError) as error:
        _log.warning("housekeeping-put-off", extra={"defect": type(error).__name__})
    except Exception:  # noqa: BLE001 - the house is kept on, whatever went wrong with one thing
        _log.exception("defect")


def sweep(ra: Ra) -> None:
    with ra.act() as act:
        for statement in _outdated(act):
            act.db.execute(statement)


def _outdated(act: Act) -> list[Delete]:
    """Suspensions stay for ever; counters below one are forgotten when long unused."""
    window = int(act.now.timestamp()) // limits.WINDOW_SECONDS
    return [
        delete(Captcha).where(Captcha.expires_at < act.now),
        delete(CardChallenge).where(CardChallenge.expires_at < act.now),
        delete(SignInSession).where(SignInSession.expires_at < act.now),
        delete(OfficerSession).where(OfficerSession.expires_at < act.now),
        delete(Rate).where(Rate.window < window),
        delete(StoredAnswer).where(StoredAnswer.created_at < act.now - _ANSWERS_KEPT),
        delete(SignInCounter).where(
            SignInCounter.suspended.is_(False), SignInCounter.touched_at < act.now - _COUNTERS_KEPT
        ),
    ]
