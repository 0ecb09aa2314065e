"""Sign-in sessions: a random bearer token of 256 bits, of which only the hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete

from server_stub import tries
from server_stub.db.models import Account, SignInSession
from server_stub.problems import Code, Problem
from server_stub.ra import Act

LIFETIME = timedelta(minutes=30)


def begin(act: Act, account: Account) -> tuple[str, SignInSession]:
    """A new session and its token, which exists nowhere else."""
    token = secrets.token_urlsafe(32)
    session = SignInSession(
        token_hash=_hash(token), account_id=account.id, account=account, expires_at=act.now + LIFETIME
    )
    act.db.add(session)
    act.record("session.begun", subject_of(account))
    return token, session


def find(act: Act, token: str | None, *, before_change: bool = False) -> SignInSession:
    """The session of a token. ``before_change``: also while the site password must still be changed.

    Raises Problem SESSION_EXPIRED, SUSPENDED, PASSWORD_MUST_CHANGE.
    """
    session = act.db.get(SignInSession, _hash(token)) if token else None
    if session is None or session.expires_at <= act.now:
        raise Problem(Code.SESSION_EXPIRED)
    tries.check_open(act, session.account.unit, session.account.name)
    if session.account.must_change_password and not before_change:
        raise Problem(Code.PASSWORD_MUST_CHANGE)
    return session


def end(act: Act, session: SignInSession) -> None:
    act.db.delete(session)
    act.record("session.ended", subject_of(session.account))


def end_others(act: Act, account: Account, *, keep: str | None) -> None:
    """End every session of the account except the one with the token hash ``keep``."""
    act.db.execute(
        delete(SignInSession).where(
            SignInSession.account_id == account.id, SignInSession.token_hash != (keep or "")
        )
    )


def subject_of(account: Account) -> str:
    """How the audit log names an account."""
    return f"{account.unit}/{account.name}"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
