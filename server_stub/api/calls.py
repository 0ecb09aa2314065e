"""How a request meets the RA: who calls, in which transaction, and the same answer for the same key.

A signed-in read or mutation runs its work inside one act. What a mutation answers is stored, sealed, in
the same transaction as what it did; so the same Idempotency-Key gets the same answer, whatever happened on
the way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from starlette.responses import Response

from server_stub import sessions
from server_stub.db.models import Account, StoredAnswer
from server_stub.problems import Code, Problem
from server_stub.ra import Act, Ra

Result = TypeVar("Result")
Work = Callable[[Act, Account], Result]
_bearer = HTTPBearer(auto_error=False, description="The token of POST /sessions")


def ra_of(request: Request) -> Ra:
    ra = request.app.state.ra
    if not isinstance(ra, Ra):
        raise TypeError("the application has no RA")
    return ra


def token_of(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str | None:
    return credentials.credentials if credentials else None


IdempotencyKey = Annotated[
    str, Header(alias="Idempotency-Key", min_length=16, max_length=128, pattern=r"^[\x21-\x7e]+$")
]
TheRa = Annotated[Ra, Depends(ra_of)]
Token = Annotated[str | None, Depends(token_of)]


@dataclass(frozen=True)
class Reading:
    """A read by a signed-in customer."""

    ra: TheRa
    token: Token

    def run(self, work: Work[Result]) -> Result:
        with self.ra.act(write=False) as act:
            return work(act, sessions.find(act, self.token).account)


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
class Mutation:
    """A change by a signed-in customer. ``request_hash`` covers method, path and body."""

    ra: Ra
    token: str | None
    key: str
    request_hash: str

    def run(self, work: Work[Answered]) -> Response:
        """Do ``work`` once and answer; the same key again gets the stored answer."""
        try:
            return self._once(work).response()
        except IntegrityError:  # the same was done beside us: now it is there to be found
            return self._once(work).response()

    def prepare(self, work: Work[Result]) -> Result | None:
        """The first transaction of an act that needs two. None when its answer is stored already."""
        with self._signed_in() as (act, account):
            return None if self._stored(act, account) else work(act, account)

    def reading(self) -> Reading:
        """The same caller, to look before changing."""
        return Reading(self.ra, self.token)

    def _once(self, work: Work[Answered]) -> Answered:
        with self._signed_in() as (act, account):
            stored = self._stored(act, account)
            if stored is not None:
                return stored
            answered = work(act, account)
            self._store(act, account, answered)
            return answered

    @contextmanager
    def _signed_in(self) -> Iterator[tuple[Act, Account]]:
        with self.ra.act() as act:
            account = sessions.find(act, self.token).account
            yield replace(act, actor=sessions.subject_of(account)), account

    def _stored(self, act: Act, account: Account) -> Answered | None:
        """Raises Problem CONFLICT when the key was used for something else."""
        row = act.db.get(StoredAnswer, (account.id, self.key))
        if row is None:
            return None
        if row.request_hash != self.request_hash:
            raise Problem(Code.CONFLICT, state="idempotency-key-used")
        return Answered(row.status, act.ra.master.open_sealed(self._purpose(account), row.sealed_body))

    def _store(self, act: Act, account: Account, answered: Answered) -> None:
        act.db.add(
            StoredAnswer(
                account_id=account.id,
                key=self.key,
                request_hash=self.request_hash,
                status=answered.status,
                sealed_body=act.ra.master.seal(self._purpose(account), answered.body),
                created_at=act.now,
            )
        )
        act.db.flush()

    def _purpose(self, account: Account) -> str:
        return f"answer:{account.id}:{self.key}"


async def _mutation(request: Request, ra: TheRa, token: Token, key: IdempotencyKey) -> Mutation:
    digest = hashlib.sha256(f"{request.method} {request.url.path}\n".encode())
    digest.update(await request.body())
    return Mutation(ra, token, key, digest.hexdigest())


ReadCall = Annotated[Reading, Depends()]
MutationCall = Annotated[Mutation, Depends(_mutation)]
