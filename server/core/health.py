"""Health: looked at by the clock, so that whoever asks needs no thread and no database."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Thread

import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, func, select

from server.core.cores import use_other_cores
from server.core.database import Services, Transaction
from server.core.outbox import OutboxMail
from server.core.problems import PortalProblem
from server.core.repeat import repeat
from shared.health import HealthReport, State

log = structlog.get_logger()

LOOK_SECONDS = 10
PATIENCE_SECONDS = 5
WHOLE_SECONDS = 600
BUSY_LOOKS = 3
"""Looks in a row that found the database busy: after so many it is stuck."""
LATE = timedelta(minutes=15)
NO_SUCH_KEY = "health"


class Health:
    """How the server is, as last looked at."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._whole = State.UNKNOWN
        self._busy = 0
        self.report: HealthReport | None = None

    async def watch(self) -> None:
        """Look again and again, until cancelled."""
        look = repeat("looking at health", LOOK_SECONDS, self.look)
        # Apart: a large database takes long to check, and the rest is looked at meanwhile.
        check = repeat("checking the database", WHOLE_SECONDS, self._check_whole)
        await asyncio.gather(look, check)

    async def look(self) -> HealthReport:
        """Look at the database, the store and the outbox now."""
        database, outbox = await self._database()
        store = await self._store()
        self.report = HealthReport.of(database=database, store=store, outbox=outbox)
        if self.report.status is not State.OK:
            log.error("not_healthy", **self.report.model_dump(mode="json"))
        return self.report

    async def _database(self) -> tuple[State, State]:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                # As a writer: a database that can only be read is not ok.
                outbox = await self._services.write(_outbox)
        except (PortalProblem, TimeoutError):  # busy: for a while no reason to take the server out
            self._busy += 1
            is_stuck = self._busy >= BUSY_LOOKS
            return State.FAILING if is_stuck else self._whole, State.UNKNOWN
        except SQLAlchemyError:
            return State.FAILING, State.UNKNOWN
        self._busy = 0
        if self._whole is State.UNKNOWN:
            await self._check_whole()
        return self._whole, outbox

    async def _check_whole(self) -> None:
        """Check all pages of SQLite's file, in a thread that does not hold up the end."""
        if self._services.engine.name != "sqlite":
            self._whole = State.OK
            return
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def check() -> None:
            use_other_cores()
            self._whole = self._quick_check()
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(done.set)

        Thread(target=check, name="portal-check", daemon=True).start()
        await done.wait()

    def _quick_check(self) -> State:
        try:
            with self._services.engine.execution_options(writes=False).connect() as connection:
                answer = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        except SQLAlchemyError:
            return State.FAILING
        return State.OK if answer == "ok" else State.FAILING

    async def _store(self) -> State:
        store = self._services.store
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                if isinstance(store, LocalStore) and store.prefix is not None:
                    there = await asyncio.to_thread(Path(store.prefix).is_dir)
                    return State.OK if there else State.FAILING
                await store.head_async(NO_SUCH_KEY)
        except FileNotFoundError:
            return State.OK
        except (BaseError, OSError, TimeoutError):
            return State.FAILING
        return State.OK


def _outbox(tx: Transaction) -> State:
    """Whether a mail waits that should long have gone."""
    waiting = select(func.min(OutboxMail.created_at)).where(
        col(OutboxMail.sent_at).is_(None), col(OutboxMail.given_up_at).is_(None)
    )
    oldest = tx.session.exec(waiting).one()
    return State.FAILING if oldest is not None and tx.now - oldest > LATE else State.OK
