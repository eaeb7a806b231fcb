"""The officers who have a case, or cover for who has it."""

from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from server.accounts.tables import Account
from server.cases.tables import Case, Cover
from server.core.database import Transaction
from shared.accounts import Staff
from shared.values.days import london_day


def responsible_officers(tx: Transaction, case: Case) -> list[UUID]:
    """Return the officer of a case and who covers for them, or all for an unassigned case."""
    if case.officer_id is not None:
        return [case.officer_id, *covering_officers(tx, case.officer_id)]
    officers = select(Account.id).where(
        Account.staff == Staff.OFFICER, col(Account.disabled_at).is_(None)
    )
    return list(tx.session.exec(officers))


def covering_officers(tx: Transaction, officer: UUID) -> list[UUID]:
    """List the officers who cover for an officer today."""
    query = select(Cover.cover_id).where(Cover.officer_id == officer, *_covers_today(tx))
    return list(tx.session.exec(query.distinct()))


def covered_officers(tx: Transaction, cover: UUID) -> list[UUID]:
    """List the officers for whom an officer covers today."""
    query = select(Cover.officer_id).where(Cover.cover_id == cover, *_covers_today(tx))
    return list(tx.session.exec(query.distinct()))


def _covers_today(tx: Transaction) -> tuple[ColumnElement[bool], ...]:
    today = london_day(tx.now)
    officers = select(Account.id).where(
        Account.staff == Staff.OFFICER, col(Account.disabled_at).is_(None)
    )
    return (
        col(Cover.ended_at).is_(None),
        col(Cover.from_on) <= today,
        col(Cover.until_on) >= today,
        col(Cover.cover_id).in_(officers),
    )
