"""Puts the application together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from server_stub import bank, housekeeping, presence
from server_stub.api import (
    account,
    answers,
    approvals,
    ca,
    card_sessions,
    cards,
    certificates,
    debits,
    description,
    info,
    officers,
    orders,
    sessions,
    watching,
)
from server_stub.api.headers import PrivateAnswers
from server_stub.api.limits import BodyLimit
from server_stub.bank import Bank, NoBank
from server_stub.db.engine import Database
from server_stub.demo import routes
from server_stub.demo.bank import PracticeBank
from server_stub.demo.faults import Faults
from server_stub.demo.mark import prepare
from server_stub.est import routes as est_routes
from server_stub.logs import RequestLog
from server_stub.ra import Ra
from server_stub.seals import Notary
from server_stub.settings import Settings

PREFIX = "/api/v1"
RESOURCES = (
    info,
    sessions,
    card_sessions,
    account,
    cards,
    certificates,
    orders,
    debits,
    officers,
    approvals,
)


def create_app(settings: Settings) -> FastAPI:
    """A whole server: database migrated, keys and units loaded, routes in place.

    Raises DatabaseUnusable, NotADemoDatabase, BadUnitFile, and what the CA and the master key raise about their files.
    """
    return build(open_ra(settings))


def open_ra(settings: Settings) -> Ra:
    """Raises DatabaseUnusable, BadBank, and what ``create_app`` raises."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(settings.database_url)
    database.reach()
    prepare(database, demo=settings.demo)
    return Ra.open(settings, database, _bank(settings, database))


def _bank(settings: Settings, database: Database) -> Bank:
    if settings.bank:
        return bank.load(settings.bank)
    return PracticeBank(database) if settings.demo else NoBank()


def build(ra: Ra) -> FastAPI:
    """The application over an RA that is open already; it is closed with the application."""
    app = FastAPI(
        title=ra.settings.name,
        version="1",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.ra = ra
    answers.install(app)
    description.install(app)
    for resource in RESOURCES:
        app.include_router(resource.router, prefix=PREFIX)
    app.include_router(ca.router)
    app.include_router(watching.router)
    app.include_router(est_routes.router)
    if ra.settings.demo:
        app.include_router(routes.router)
        app.add_middleware(Faults)
    app.add_middleware(BodyLimit)
    app.add_middleware(PrivateAnswers)
    app.add_middleware(RequestLog)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    ra: Ra = app.state.ra
    notary = Notary.open(ra.settings.data)
    with presence.announced(ra.settings.data):
        house = asyncio.create_task(housekeeping.keep_house(ra, notary))
        yield
        house.cancel()
        with suppress(asyncio.CancelledError):
            await house
        await asyncio.to_thread(housekeeping.attempt, lambda: notary.seal(ra))
        ra.close()
