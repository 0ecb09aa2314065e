"""Sign-in sessions: a random bearer token of 256 bits, of which only the hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete

from server_stub import tries
from server_stub.db.models import Account, Certificate, SignInSession
from server_stub.problems import Code, Problem
from server_stub.ra import Act

LIFETIME = timedelta(minutes=30)
CARD_LIFETIME = timedelta(minutes=10)


def begin(act: Act, account: Account, *, certificate: str | None = None) -> tuple[str, SignInSession]:
    """A new session and its token, which exists nowhere else. ``certificate``: serial of the one that signed in."""
    token = secrets.token_urlsafe(32)
    session = SignInSession(
        token_hash=_hash(token),
        account_id=account.id,
        account=account,
        certificate=certificate,
        expires_at=act.now + (CARD_LIFETIME if certificate else LIFETIME),
    )
    act.db.add(session)
    act.record("session.begun", subject_of(account), certificate=certificate)
    return token, session


def find(act: Act, token: str | None, *, before_change: bool = False) -> SignInSession:
    """The session of a token. ``before_change``: also while the site password must still be changed.

    One made by the card has nothing to do with that, and lasts only while the certificate counts.
    Raises Problem SESSION_EXPIRED, SUSPENDED, PASSWORD_MUST_CHANGE.
    """
    session = act.db.get(SignInSession, _hash(token)) if token else None
    if session is None or session.expires_at <= act.now:
        raise Problem(Code.SESSION_EXPIRED)
    tries.check_open(act, session.account.unit, session.account.name)
    if session.certificate is not None:
        _check_counting(act, session.certificate)
    elif session.account.must_change_password and not before_change:
        raise Problem(Code.PASSWORD_MUST_CHANGE)
    return session


def find_by_password(act: Act, token: str | None, *, before_change: bool = False) -> SignInSession:
    """As ``find``, for what a session made by the card may not do. Raises Problem NOT_ALLOWED to one."""
    session = find(act, token, before_change=before_change)
    if session.certificate is not None:
        raise Problem(Code.NOT_ALLOWED)
    return session


def _check_counting(act: Act, serial: str) -> None:
    """On hold or revoked meanwhile, a certificate takes its sessions along; expired, it lets them end."""
    if act.db.get_one(Certificate, serial).state != "valid":
        raise Problem(Code.SESSION_EXPIRED)


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
