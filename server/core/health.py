"""Health checks, run on a timer so that a probe needs neither a thread nor the database."""

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

from server.core import scanning
from server.core.cores import use_other_cores
from server.core.database import Services, Transaction
from server.core.outbox import OutboxMail
from server.core.problems import PortalProblem
from server.core.repeat import repeat
from server.core.systemd import report_alive
from shared.health import HealthReport, State

log = structlog.get_logger()

CHECK_SECONDS = 10
TIMEOUT_SECONDS = 5
INTEGRITY_CHECK_SECONDS = 600
MAX_BUSY_CHECKS = 3
"""Consecutive checks that may find the database busy before it counts as stuck."""
MAIL_OVERDUE = timedelta(minutes=15)
MISSING_KEY = "health"
REMEDIES = {
    "database": "Check that the database in PORTAL_DATABASE_URL answers, is writable and whole, "
    "and that its disk is not full.",
    "store": "Check that the store in PORTAL_DOCUMENTS_URL, or the folder PORTAL_DATA, answers.",
    "outbox": "Check the relay in PORTAL_MAIL_HOST: an email has waited for 15 minutes.",
    "scanner": "Check PORTAL_CLAMD, and that clamd runs: new documents can't be opened.",
}
"""What an operator does about each part that fails; logged when it begins to."""


class Health:
    """The server's health, as of the last check."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._integrity = State.UNKNOWN
        self._first_integrity_check: asyncio.Task[None] | None = None
        self._busy_checks = 0
        self.report: HealthReport | None = None

    async def watch(self) -> None:
        """Check repeatedly until cancelled."""
        checks = repeat("checking health", CHECK_SECONDS, self.check_and_report)
        # Checking the integrity of a large database takes a long time, so it runs on its own timer.
        integrity = repeat("checking the database", INTEGRITY_CHECK_SECONDS, self._check_integrity)
        await asyncio.gather(checks, integrity)

    async def check_and_report(self) -> None:
        """Check now, and postpone the watchdog."""
        await self.check()
        report_alive()

    async def check(self) -> HealthReport:
        """Check the database, the store and the outbox now."""
        database, outbox = await self._check_database()
        store = await self._check_store()
        scanner = await self._check_scanner()
        previous = self.report
        self.report = HealthReport.from_states(
            database=database, store=store, outbox=outbox, scanner=scanner
        )
        for part, remedy in REMEDIES.items():
            if self.report.is_failing(part) and not (previous and previous.is_failing(part)):
                log.error("not_healthy", part=part, do=remedy)
        return self.report

    async def _check_database(self) -> tuple[State, State]:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                # A read-only database is not healthy, so the check writes.
                outbox = await self._services.write(_check_outbox)
        except (PortalProblem, TimeoutError):  # being busy briefly is not a failure
            self._busy_checks += 1
            is_stuck = self._busy_checks >= MAX_BUSY_CHECKS
            return State.FAILING if is_stuck else self._integrity, State.UNKNOWN
        except SQLAlchemyError:
            return State.FAILING, State.UNKNOWN
        self._busy_checks = 0
        if self._integrity is State.UNKNOWN:
            self._first_integrity_check = self._first_integrity_check or asyncio.create_task(
                self._check_integrity()
            )
            await asyncio.wait([self._first_integrity_check], timeout=TIMEOUT_SECONDS)
        return self._integrity, outbox

    async def _check_integrity(self) -> None:
        """Check all pages of SQLite's file, in a daemon thread that does not delay shutdown."""
        if self._services.engine.name != "sqlite":
            self._integrity = State.OK
            return
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def run() -> None:
            use_other_cores()
            self._integrity = self._quick_check()
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(done.set)

        Thread(target=run, name="portal-check", daemon=True).start()
        await done.wait()

    def _quick_check(self) -> State:
        try:
            with self._services.engine.execution_options(writes=False).connect() as connection:
                result = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        except SQLAlchemyError:
            return State.FAILING
        return State.OK if result == "ok" else State.FAILING

    async def _check_store(self) -> State:
        store = self._services.store
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                if isinstance(store, LocalStore) and store.prefix is not None:
                    exists = await asyncio.to_thread(Path(store.prefix).is_dir)
                    return State.OK if exists else State.FAILING
                await store.head_async(MISSING_KEY)
        except FileNotFoundError:
            return State.OK
        except (BaseError, OSError, TimeoutError):
            return State.FAILING
        return State.OK

    async def _check_scanner(self) -> State:
        """Check clamd; without one, FAILING unless unscanned documents are accepted."""
        settings = self._services.settings
        if not settings.clamd:
            return State.UNKNOWN if settings.accepts_unscanned else State.FAILING
        return State.OK if await scanning.answers(settings.clamd) else State.FAILING


def _check_outbox(tx: Transaction) -> State:
    """Return FAILING if an email is overdue, UNKNOWN if the portal sends none."""
    if not tx.services.settings.sends_mail:
        return State.UNKNOWN
    oldest_unsent = select(func.min(OutboxMail.created_at)).where(
        col(OutboxMail.sent_at).is_(None), col(OutboxMail.given_up_at).is_(None)
    )
    oldest = tx.session.exec(oldest_unsent).one()
    return State.FAILING if oldest is not None and tx.now - oldest > MAIL_OVERDUE else State.OK
