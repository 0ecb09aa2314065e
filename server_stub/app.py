"""Puts the application together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from server_stub.api import account, answers, ca, cards, info, orders, sessions
from server_stub.api.limits import BodyLimit
from server_stub.db.engine import Database
from server_stub.db.migrate import migrate
from server_stub.ra import Ra
from server_stub.settings import Settings

PREFIX = "/api/v1"


def create_app(settings: Settings) -> FastAPI:
    """A whole server: database migrated, keys and units loaded, routes in place."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(settings.database_url)
    migrate(database)
    database.close()
    return build(Ra.open(settings))


def build(ra: Ra) -> FastAPI:
    """The application over an RA that is open already; it is closed with the application."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        ra.close()

    app = FastAPI(
        title=ra.settings.name,
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.ra = ra
    answers.install(app)
    app.add_middleware(BodyLimit)
    for resource in (info, sessions, account, cards, orders):
        app.include_router(resource.router, prefix=PREFIX)
    app.include_router(ca.router)
    return app
