"""How a request meets the RA: who calls, in which transaction, and the same answer for the same key.

Callers are customers or officers, told apart by where their token is looked up. A signed-in read or mutation runs
its work inside one act. What a mutation answers is stored, sealed, in the same transaction as what it did; so
the same Idempotency-Key gets the same answer, whatever happened on the way. What only puts these together is
``async``: FastAPI would start a thread for each otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import IntegrityError
from starlette.responses import Response

from server_stub import officers, sessions
from server_stub.db.models import Account, Officer, StoredAnswer
from server_stub.officers import Role
from server_stub.problems import Code, Problem
from server_stub.ra import Act, Ra

Who = TypeVar("Who")
Result = TypeVar("Result")
_STORED = select(StoredAnswer.request_hash, StoredAnswer.status, StoredAnswer.sealed_body).where(
    StoredAnswer.owner == bindparam("owner"), StoredAnswer.key == bindparam("key")
)
_STORE = insert(StoredAnswer)
_bearer = HTTPBearer(auto_error=False, description="The token of POST /sessions or /officer/sessions")


async def ra_of(request: Request) -> Ra:
    ra = request.app.state.ra
    if not isinstance(ra, Ra):
        raise TypeError("the application has no RA")
    return ra


async def token_of(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> str | None:
    return credentials.credentials if credentials else None


IdempotencyKey = Annotated[
    str, Header(alias="Idempotency-Key", min_length=16, max_length=128, pattern=r"^[\x21-\x7e]+$")
]
TheRa = Annotated[Ra, Depends(ra_of)]
Token = Annotated[str | None, Depends(token_of)]


@dataclass(frozen=True)
class Kind(Generic[Who]):
    """A kind of caller: found by token, named in the audit log, and as the owner of stored answers."""

    find: Callable[[Act, str | None], Who]
    name: Callable[[Who], str]
    owner: Callable[[Who], str]


CUSTOMER = Kind[Account](
    lambda act, token: sessions.find(act, token).account, sessions.subject_of, lambda account: str(account.id)
)


# What changes anything, but for renewals (api/renewing.py), takes the site password.
PASSWORD_HOLDER = replace(CUSTOMER, find=lambda act, token: sessions.find_by_password(act, token).account)


def officer_with(*roles: Role) -> Kind[Officer]:
    """Officers who have one of ``roles``."""
    return Kind(
        lambda act, token: officers.find_session(act, token, *roles).officer,
        lambda officer: f"officer/{officer.name}",
        lambda officer: f"officer-{officer.id}",
    )


@dataclass(frozen=True)
class Reading(Generic[Who]):
    """A read by someone signed in."""

    ra: Ra
    token: str | None
    kind: Kind[Who]

    def run(self, work: Callable[[Act, Who], Result]) -> Result:
        with self.ra.act(write=False) as act:
            return work(act, self.kind.find(act, self.token))


@dataclass(frozen=True)
class Answered:
    """A status with its body, as it goes out and as it is stored."""

    status: int
    body: bytes

    @classmethod
    def of(cls, status: int, model: BaseModel | None = None) -> Answered:
        return cls(status, model.model_dump_json().encode() if model else b"")

    def response(self) -> Response:
        return Response(self.body, self.status, media_type="application/json" if self.body else None)


@dataclass(frozen=True)
class Mutation(Generic[Who]):
    """A change by someone signed in. ``request_hash`` covers method, path and body."""

    ra: Ra
    token: str | None
    kind: Kind[Who]
    key: str
    request_hash: str

    def run(self, work: Callable[[Act, Who], Answered]) -> Response:
        """Do ``work`` once and answer; the same key again gets the stored answer."""
        try:
            return self._once(work).response()
        except IntegrityError:  # the same was done beside us: now it is there to be found
            return self._once(work).response()

    def begin(self, work: Callable[[Act, Who], Result]) -> Begun[Who, Result] | Response:
        """The first transaction of an act that needs two; the answer itself, if it is stored already.

        Who asks is settled before it: others wait meanwhile.
        """
        who = self.reading().run(lambda _act, who: who)
        with self.ra.act(self.kind.name(who)) as act:
            act.db.add(who)  # as it was, without another look
            stored = self._stored(act, who)
            return stored.response() if stored else Begun(self, who, work(act, who))

    def conclude(self, who: Who, work: Callable[[Act, Who], Answered]) -> Response:
        """The second one. Who asks was settled in the first."""
        try:
            with self.ra.act(self.kind.name(who)) as act:
                return self._answer(act, who, work).response()
        except IntegrityError:
            return self.run(work)

    def reading(self) -> Reading[Who]:
        """The same caller, to look before changing."""
        return Reading(self.ra, self.token, self.kind)

    def _once(self, work: Callable[[Act, Who], Answered]) -> Answered:
        with self._signed_in() as (act, who):
            stored = self._stored(act, who)
            if stored is not None:
                return stored
            return self._answer(act, who, work)

    def _answer(self, act: Act, who: Who, work: Callable[[Act, Who], Answered]) -> Answered:
        answered = work(act, who)
        self._store(act, who, answered)
        return answered

    @contextmanager
    def _signed_in(self) -> Iterator[tuple[Act, Who]]:
        with self.ra.act() as act:
            who = self.kind.find(act, self.token)
            yield replace(act, actor=self.kind.name(who)), who

    def _stored(self, act: Act, who: Who) -> Answered | None:
        """Raises Problem CONFLICT when the key was used for something else."""
        row = act.db.execute(_STORED, {"owner": self.kind.owner(who), "key": self.key}).one_or_none()
        if row is None:
            return None
        if row.request_hash != self.request_hash:
            raise Problem(Code.CONFLICT, state="idempotency-key-used")
        return Answered(row.status, act.ra.master.open_sealed(self._purpose(who), row.sealed_body))

    def _store(self, act: Act, who: Who, answered: Answered) -> None:
        """Raises IntegrityError when the same was answered meanwhile."""
        act.db.flush()
        answer = {
            "owner": self.kind.owner(who),
            "key": self.key,
            "request_hash": self.request_hash,
            "status": answered.status,
            "sealed_body": act.ra.master.seal(self._purpose(who), answered.body),
            "created_at": act.now,
        }
        act.db.connection().execute(_STORE, answer)  # past the ORM: every mutation does it

    def _purpose(self, who: Who) -> str:
        return f"answer:{self.kind.owner(who)}:{self.key}"


@dataclass(frozen=True)
class Begun(Generic[Who, Result]):
    """The first of two transactions is done; ``result`` is what it came to."""

    mutation: Mutation[Who]
    who: Who
    result: Result

    def conclude(self, work: Callable[[Act, Who], Answered]) -> Response:
        """Do ``work`` in the second one, and answer."""
        return self.mutation.conclude(self.who, work)


async def request_hash(request: Request, ra: TheRa) -> str:
    """Keyed: what is short in a body, as a password or a bank account, cannot be guessed from the database."""
    digest = hashlib.sha256(f"{request.method} {request.url.path}\n".encode())
    digest.update(await request.body())
    return ra.tags.tag("request", digest.hexdigest())


RequestHash = Annotated[str, Depends(request_hash)]


async def _reading(ra: TheRa, token: Token) -> Reading[Account]:
    return Reading(ra, token, CUSTOMER)


async def _mutation(ra: TheRa, token: Token, key: IdempotencyKey, digest: RequestHash) -> Mutation[Account]:
    return Mutation(ra, token, PASSWORD_HOLDER, key, digest)


ReadCall = Annotated[Reading[Account], Depends(_reading)]
MutationCall = Annotated[Mutation[Account], Depends(_mutation)]
