"""The server as one ASGI app: its routers, its errors, its lifespan."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import anyio.to_thread
from fastapi import FastAPI

from server.core import problems
from server.core.database import Services, open_database
from server.core.keys import Keys
from server.core.settings import Settings
from server.core.storage import open_store
from shared.days import utc_now


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    # More threads than cores fight for the interpreter: a third of the speed, twice the p99.
    anyio.to_thread.current_default_thread_limiter().total_tokens = max(2, os.cpu_count() or 2)
    yield
    app.state.services.engine.dispose()


def create_app(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> FastAPI:
    """Build the server from its settings; `clock` tells the moment (UTC) it is."""
    app = FastAPI(title="Professional Portal", lifespan=_lifespan)
    app.state.services = Services(
        settings=settings,
        engine=open_database(settings.database),
        keys=Keys(settings.secret_key.get_secret_value()),
        store=open_store(settings.documents),
        clock=clock,
    )
    problems.install(app)
    return app
