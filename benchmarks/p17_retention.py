"""P17: erase a child among 10,000 cases, and write while retention deletes 10,000 rows."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import uuid4

from sqlalchemy import delete, insert, update
from sqlmodel import col, select

from benchmarks.p13_desk import insert_cases
from benchmarks.row import Row, measure_medians
from benchmarks.seeding import Seeder, open_for_seeding
from server.accounts.tables import Account
from server.core.database import Services, Transaction
from server.core.outbox import OutboxMail
from server.people.tables import Person
from server.records.erasing_person import erase_person
from server.records.retention import apply_daily
from server.records.tables import RetentionRun

FEW, MANY = 20, 10_000
ERASE_GOAL, WRITE_GOAL = 1.3, 2.0
OLD_CHILDREN = 50
WRITES = 400
INTERVAL_SECONDS = 0.005


def measure_rows() -> Iterator[Row]:
    """Compare an erasure with many and few cases, and writes with and without retention."""
    with TemporaryDirectory() as few, TemporaryDirectory() as many:
        databases = {"few": _seed(Path(few), FEW), "many": _seed(Path(many), MANY)}
        measures = {name: partial(_time_erasure, services) for name, services in databases.items()}
        erasures = measure_medians(measures)
        yield Row(
            "P17",
            f"erase a child among {MANY:,} cases vs {FEW}",
            erasures["many"] * 1000,
            erasures["few"] * 1000,
            ERASE_GOAL,
            "ms",
        )
        services = databases["many"]
        writes = measure_medians(
            {
                "idle": partial(_measure_writes, services, due=False),
                "busy": partial(_measure_writes, services, due=True),
            }
        )
        yield Row(
            "P17",
            "others' p99 of a write while retention deletes",
            writes["busy"] * 1000,
            writes["idle"] * 1000,
            WRITE_GOAL,
            "ms",
        )


def _seed(folder: Path, cases: int) -> Services:
    services = open_for_seeding(folder)
    Seeder(services).get_professionals(1)
    with services.transaction() as tx:
        account = tx.session.exec(select(Account.id)).one()
    insert_cases(services, account, cases)
    return services


def _time_erasure(services: Services) -> float:
    """Erase a child with a case and return the seconds it took."""
    with services.transaction(writes=False) as tx:
        child = tx.session.exec(select(Person.id).order_by(col(Person.sort_name)).limit(1)).one()
    started_at = perf_counter()
    with services.transaction() as tx:
        erase_person(tx, child, "A benchmark", everything=True)
    return perf_counter() - started_at


def _measure_writes(services: Services, *, due: bool) -> float:
    """Return the p99 of small writes, with or without rows that retention deletes meanwhile."""
    if due:
        with services.transaction() as tx:
            _make_due(tx)
    return asyncio.run(_write_during_retention(services))


def _make_due(tx: Transaction) -> None:
    """Add emails sent long ago, and let some children be old enough."""
    old = tx.now - timedelta(days=60)
    mail = {"to": "", "subject": "", "body": "", "priority": 2, "attempts": 0}
    times = {"created_at": old, "next_try_at": old, "sent_at": old}
    tx.session.execute(delete(RetentionRun))  # so that today's run starts again
    tx.session.execute(insert(OutboxMail), [{**mail, **times, "id": uuid4()} for _ in range(MANY)])
    children = select(Person.id).where(Person.born > date(1990, 1, 1)).limit(OLD_CHILDREN)
    is_old = col(Person.id).in_(tx.session.exec(children).all())
    tx.session.execute(update(Person).where(is_old).values(born=date(1980, 1, 1)))


async def _write_during_retention(services: Services) -> float:
    retention = asyncio.create_task(apply_daily(services))
    seconds = []
    for _ in range(WRITES):
        started_at = perf_counter()
        await services.write(_write)
        seconds.append(perf_counter() - started_at)
        await asyncio.sleep(INTERVAL_SECONDS)
    retention.cancel()
    with suppress(asyncio.CancelledError):
        await retention
    return quantiles(seconds, n=100)[-1]


def _write(tx: Transaction) -> None:
    tx.session.execute(update(Account).values(title="Ms"))
