"""The metrics for Prometheus, with what is read from the database when they are scraped."""

import asyncio
import shutil
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from importlib.metadata import version

import structlog
from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, func, select

from server.cases.tables import Case
from server.core.backup_runs import BackupRun, Outcome
from server.core.database import Services, Transaction
from server.core.health import REMEDIES, Health
from server.core.metrics import render
from server.core.outbox import OutboxMail
from server.core.problems import PortalProblem, not_found
from server.core.proxies import is_listed
from server.core.seals import AuditHead
from server.documents.service import count_scans
from server.forms.advice import awaits, is_excused
from server.forms.tables import AdviceRequest
from shared.documents import ScanState
from shared.health import State
from shared.values.days import LONDON, london_day

log = structlog.get_logger()

CACHE = timedelta(seconds=10)
TIMEOUT_SECONDS = 5
PROXY_HEADERS = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")

router = APIRouter()


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Report the metrics to the addresses in the settings; a 404 for all others."""
    gauges: Gauges = request.app.state.gauges
    if not request.client or not is_listed(request.client.host, gauges.readers):
        raise not_found()
    if any(name in request.headers for name in PROXY_HEADERS):
        raise not_found()
    content = await asyncio.to_thread(render, await gauges.read())
    return Response(content, media_type=CONTENT_TYPE_LATEST)


class Gauges:
    """What is read when the metrics are scraped, at most every CACHE."""

    def __init__(self, services: Services, health: Health) -> None:
        self.readers = services.settings.metrics_from
        self._services = services
        self._health = health
        self._reading = asyncio.Lock()
        self._read_at: datetime | None = None
        self._families: list[Metric] = []

    async def read(self) -> list[Metric]:
        """Return the gauges; those of a database that does not answer are left out."""
        async with self._reading:
            now = self._services.clock()
            if self._read_at is None or not timedelta(0) <= now - self._read_at < CACHE:
                self._families = await self._read_database()
                self._read_at = now
        return [_build_info(self._services), *self._read_health(), *self._families]

    async def _read_database(self) -> list[Metric]:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._services.read(_read_gauges)
        except (PortalProblem, SQLAlchemyError, TimeoutError) as error:
            log.warning("metrics_incomplete", kind=type(error).__name__)
            return []

    def _read_health(self) -> Iterator[Metric]:
        """Read the parts of the last health check; one that is unknown is left out."""
        family = GaugeMetricFamily(
            "portal_healthy", "1 if a part of the server works, 0 if not.", labels=["part"]
        )
        report = self._health.report
        for part in REMEDIES if report else ():
            state = getattr(report, part)
            if state is not State.UNKNOWN:
                family.add_metric([part], state is State.OK)
        yield family


def _build_info(services: Services) -> Metric:
    family = GaugeMetricFamily(
        "portal_build_info",
        "Version and kind of database, as labels.",
        labels=["version", "database"],
    )
    family.add_metric([version("professional-portal"), services.engine.name], 1)
    return family


def _read_gauges(tx: Transaction) -> list[Metric]:
    work = (*_mail(tx), *_documents(tx), _overdue(tx))
    return [*work, *_audit_log(tx), _backups(tx), *_storage(tx)]


def _gauge(name: str, description: str, value: float) -> Metric:
    return GaugeMetricFamily(f"portal_{name}", description, value)


def _mail(tx: Transaction) -> Iterator[Metric]:
    unsent = select(func.count(), func.min(OutboxMail.created_at)).where(
        col(OutboxMail.sent_at).is_(None), col(OutboxMail.given_up_at).is_(None)
    )
    count, oldest = tx.session.exec(unsent).one()
    yield _gauge("mail_unsent", "Emails that are to be sent.", count)
    age = max(0.0, (tx.now - oldest).total_seconds()) if oldest else 0.0
    yield _gauge("mail_oldest_unsent_seconds", "Age of the oldest email to be sent.", age)
    given_up = select(func.count()).where(
        col(OutboxMail.sent_at).is_(None), col(OutboxMail.given_up_at).is_not(None)
    )
    yield _gauge("mail_given_up", "Emails given up on.", tx.session.exec(given_up).one())


def _documents(tx: Transaction) -> Iterator[Metric]:
    counts = count_scans(tx)
    checking, held = counts.get(ScanState.CHECKING, 0), counts.get(ScanState.INFECTED, 0)
    yield _gauge("documents_being_checked", "Documents that were not scanned yet.", checking)
    yield _gauge("documents_held", "Documents in which a virus was found.", held)


def _overdue(tx: Transaction) -> Metric:
    """Count the deadlines that have passed, without an exemption, in open cases."""
    family = GaugeMetricFamily(
        "portal_deadlines_overdue", "Deadlines that have passed.", labels=["of"]
    )
    today = london_day(tx.now)
    cases = select(func.count()).where(
        col(Case.settled).is_(False), col(Case.next_due) < today, col(Case.excused).is_(False)
    )
    family.add_metric(["case"], tx.session.exec(cases).one())
    advice = (
        select(func.count(col(AdviceRequest.id)))
        .join(Case, col(Case.id) == col(AdviceRequest.case_id))
        .where(
            col(Case.closed).is_(False),
            awaits(),
            col(AdviceRequest.due_on) < today,
            ~is_excused(),
        )
    )
    family.add_metric(["advice"], tx.session.exec(advice).one())
    return family


def _audit_log(tx: Transaction) -> Iterator[Metric]:
    day = tx.session.exec(select(func.max(AuditHead.day))).one()
    if day is not None:
        signed = datetime.combine(day, time(), LONDON)
        age = (tx.now - signed).total_seconds()
        yield _gauge("audit_head_age_seconds", "Time since the start of the last sealed day.", age)


def _backups(tx: Transaction) -> Metric:
    family = GaugeMetricFamily(
        "portal_backup_age_seconds",
        "Time since the last complete backup, and since the last rehearsal.",
        labels=["kind"],
    )
    ends = (
        select(BackupRun.kind, func.max(BackupRun.finished_at))
        .where(BackupRun.outcome == Outcome.DONE)
        .group_by(BackupRun.kind)
    )
    for kind, end in tx.session.exec(ends):
        if end is not None:
            family.add_metric([kind], max(0.0, (tx.now - end).total_seconds()))
    return family


def _storage(tx: Transaction) -> Iterator[Metric]:
    query = "SELECT pg_database_size(current_database())"
    if tx.connection.dialect.name == "sqlite":
        query = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    size = tx.connection.execute(text(query)).scalar_one()
    yield _gauge("database_bytes", "Size of the database.", size)
    folder = tx.services.settings.data
    if folder.exists():
        disk = shutil.disk_usage(folder)
        yield _gauge("disk_bytes", "Size of the disk of PORTAL_DATA.", disk.total)
        yield _gauge("disk_free_bytes", "Free space on the disk of PORTAL_DATA.", disk.free)
