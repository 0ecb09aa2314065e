"""Officers of the RA: their roles, and sign-in with password and one-time code."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select

from server_stub import limits, totp, tries
from server_stub.db.models import Officer, OfficerSession
from server_stub.passwords import hash_password, is_password
from server_stub.problems import Code, Problem
from server_stub.ra import Act, Ra

LIFETIME = timedelta(minutes=30)
LOCKED_AFTER = 5
GROUP = "officers/"
"""Where tries are counted; no unit has such an id."""
_UNUSED = 0


class Role(StrEnum):
    """registrar: customers and their certificates; approver: confirms what was requested; auditor: reads only."""

    REGISTRAR = "registrar"
    APPROVER = "approver"
    AUDITOR = "auditor"


def add(ra: Ra, name: str, roles: Iterable[Role], password: str) -> str:
    """A new officer; the URI for the authenticator application, shown once. Raises Problem CONFLICT."""
    key = totp.new_key()
    password_hash = hash_password(password)
    with ra.act("command-line") as act:
        if _find(act, name) is not None:
            raise Problem(Code.CONFLICT, state="exists")
        officer = Officer(
            name=name,
            roles=" ".join(sorted(roles)),
            password_hash=password_hash,
            sealed_totp=ra.master.seal(_purpose(name), key),
            last_step=_UNUSED,
        )
        act.db.add(officer)
        act.record("officer.added", name, roles=officer.roles)
    return totp.enrolment_uri(key, issuer=ra.settings.name, name=name)


def sign_in(ra: Ra, name: str, password: str, code: str, address: str) -> tuple[str, OfficerSession]:
    """Token and session. Raises Problem BUSY, WRONG_PASSWORD (whichever was wrong), SUSPENDED.

    As for customers, the hash is computed between two transactions and the second one decides.
    """
    with ra.act() as act:
        limits.count(act, "officer-address", address, limit=ra.settings.limits.sign_ins_per_address)
        limits.count(act, "officer-name", name, limit=ra.settings.limits.sign_ins_per_account)
        officer = _find(act, name)
    is_right = is_password(password, officer.password_hash if officer else None)
    with ra.act() as act:
        tries.check_open(act, GROUP, name)
        officer = _find(act, name)
        if officer is None or not (is_right and _use_code(act, officer, code)):
            act.record("officer.refused", officer.name if officer else "unknown")
            raise tries.wrong_of(act, GROUP, name, allowed=LOCKED_AFTER)
        tries.right(act, GROUP, name)
        return _begin(act, officer)


def find_session(act: Act, token: str | None, *roles: Role) -> OfficerSession:
    """The session of a token, of an officer with one of ``roles`` (any role when none is named).

    Raises Problem SESSION_EXPIRED, SUSPENDED, NOT_ALLOWED.
    """
    session = act.db.get(OfficerSession, _hash(token)) if token else None
    if session is None or session.expires_at <= act.now:
        raise Problem(Code.SESSION_EXPIRED)
    tries.check_open(act, GROUP, session.officer.name)
    if roles and not roles_of(session.officer) & set(roles):
        raise Problem(Code.NOT_ALLOWED)
    return session


def end_session(act: Act, session: OfficerSession) -> None:
    act.db.delete(session)
    act.record("officer.session-ended", session.officer.name)


def roles_of(officer: Officer) -> set[Role]:
    return {Role(name) for name in officer.roles.split()}


def _find(act: Act, name: str) -> Officer | None:
    return act.db.scalars(select(Officer).where(Officer.name == name)).one_or_none()


def _use_code(act: Act, officer: Officer, code: str) -> bool:
    key = act.ra.master.open_sealed(_purpose(officer.name), officer.sealed_totp)
    step = totp.matching_step(key, code, act.now, after=officer.last_step)
    if step is None:
        return False
    officer.last_step = step
    return True


def _begin(act: Act, officer: Officer) -> tuple[str, OfficerSession]:
    token = secrets.token_urlsafe(32)
    session = OfficerSession(
        token_hash=_hash(token), officer_id=officer.id, officer=officer, expires_at=act.now + LIFETIME
    )
    act.db.add(session)
    act.record("officer.session-begun", officer.name)
    return token, session


def _purpose(name: str) -> str:
    return f"totp:{name}"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
