"""The starts of words on lists are brought up to date when an earlier version left them behind.

A server of an earlier version that changes a child's details raises their version, but leaves the
starts of words as they were: who types the new name would not find the child in a long list.
"""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select, update

from server.core.database import Services, Transaction
from server.core.repeat import repeat
from server.people.search import word_starts
from server.people.tables import ListedPerson, Person

CHECK_SECONDS = 3600
BATCH = 100
"""Children of one transaction: on SQLite, others wait with their writing meanwhile."""

log = structlog.get_logger()


async def run_updating_starts(services: Services) -> None:
    """Update what is out of date, at the start and every hour until cancelled."""
    await repeat("updating starts of words", CHECK_SECONDS, partial(update_starts, services))


async def update_starts(services: Services) -> int:
    """Update the starts of words that are out of date, and return of how many children.

    Each batch is a transaction of its own. Children that are being changed are left to the next
    run.
    """
    ids = await services.read(_find_outdated)
    total = 0
    for start in range(0, len(ids), BATCH):
        total += await services.write(partial(_update, ids[start : start + BATCH]))
    if total:
        log.warning("starts_of_words_updated", children=total)
    return total


def _is_outdated() -> ColumnElement[bool]:
    indexed = col(Person.indexed_version)
    return or_(indexed.is_(None), indexed != col(Person.version))


def _find_outdated(tx: Transaction) -> Sequence[UUID]:
    return tx.session.exec(select(Person.id).where(_is_outdated()).order_by(col(Person.id))).all()


def _update(ids: Sequence[UUID], tx: Transaction) -> int:
    """Update the starts of those that are still out of date, and return how many."""
    query = select(Person).where(col(Person.id).in_(ids), _is_outdated())
    people = tx.session.exec(query.with_for_update(skip_locked=True)).all()
    for person in people:
        starts = word_starts(person)
        tx.session.execute(
            update(ListedPerson)
            .where(
                col(ListedPerson.person_id) == person.id,
                col(ListedPerson.starts).is_distinct_from(starts),
            )
            .values(starts=starts)
        )
        person.indexed_version = person.version
        tx.session.add(person)
    tx.session.flush()
    return len(people)
